namespace Afa.Silo.Page;

/// <summary>A line of a chart.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Pieces">Between which there is no line. Values that are not finite are left out.</param>
/// <param name="IsFine">Whether it only accompanies another: thin, without signs at its points.</param>
internal sealed record Curve(string Name, IReadOnlyList<IReadOnlyList<(double X, double Y)>> Pieces, bool IsFine = false);
