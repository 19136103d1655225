namespace Afa.Client.Reports;

/// <summary>One curve of a chart.</summary>
/// <param name="Pieces">Points from left to right; there is a gap between pieces. Values that are not finite are left out.</param>
/// <param name="IsFaint">Whether it is drawn as background, without a color and an entry of its own.</param>
internal sealed record ChartCurve(string Name, IReadOnlyList<IReadOnlyList<(double X, double? Y)>> Pieces, bool IsFaint = false)
{
    /// <summary>Whether the points are not joined by lines.</summary>
    public bool IsScatter { get; init; }

    /// <summary>Points that are drawn larger, such as the means of others.</summary>
    public IReadOnlyList<(double X, double? Y)> Large { get; init; } = [];
}
