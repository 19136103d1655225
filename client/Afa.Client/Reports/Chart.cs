namespace Afa.Client.Reports;

/// <summary>What a chart of lines shows.</summary>
internal sealed record Chart
{
    public required string Title { get; init; }

    /// <summary>What the horizontal axis measures.</summary>
    public required string Axis { get; init; }

    /// <summary>Range of the horizontal axis.</summary>
    public required (double Low, double High) X { get; init; }

    /// <summary>Whether positions along the horizontal axis are decimal logarithms; the axis shows the numbers themselves.</summary>
    public bool IsLog { get; init; }

    /// <summary>Range of the vertical axis; null fits it to the values.</summary>
    public (double Low, double High)? Y { get; init; }

    /// <summary>Smallest distance of two numbers along the horizontal axis.</summary>
    public double LeastStep { get; init; }

    public required IReadOnlyList<ChartCurve> Curves { get; init; }

    /// <summary>Dashed vertical lines.</summary>
    public IReadOnlyList<(double X, string Label)> Marks { get; init; } = [];
}
