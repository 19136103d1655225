namespace Afa.Client.Output;

/// <summary>How far a piece of work is.</summary>
/// <param name="Title">What is being done.</param>
/// <param name="Unit">What is counted, such as "step"; empty if that says nothing.</param>
/// <param name="Detail">Rate, time left and the like.</param>
internal sealed record ProgressState(string Title, string Unit, long Done, long Total, string Detail)
{
    /// <summary>Share of the work, in [0, 1], where it is not that of what is counted; else null.</summary>
    public double? Share { get; init; }

    /// <summary>What its parts are doing, a line each.</summary>
    public IReadOnlyList<(string Name, string Text)> Lines { get; init; } = [];
}
