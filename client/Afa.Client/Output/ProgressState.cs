namespace Afa.Client.Output;

/// <summary>How far a piece of work is.</summary>
/// <param name="Title">What is being done.</param>
/// <param name="Unit">What is counted, such as "step"; empty if that says nothing.</param>
/// <param name="Detail">Rate, time left and the like.</param>
internal sealed record ProgressState(string Title, string Unit, long Done, long Total, string Detail);
