using System.Diagnostics.Metrics;

namespace Afa.Telemetry;

/// <summary>How durations are counted: from a millisecond to two minutes, as parts of a step on a small model take the one and checkpoints of a large one the other.</summary>
internal static class Durations
{
    public static readonly InstrumentAdvice<double> Advice = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120],
    };
}
