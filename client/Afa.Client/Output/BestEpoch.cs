using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Output;

/// <summary>The best epoch of a run by validation.</summary>
internal static class BestEpoch
{
    /// <summary>Null if none was validated.</summary>
    public static EpochMetrics? Of(IReadOnlyList<EpochMetrics> history) =>
        ModelSelection.Best(history.Select(epoch => epoch.Validation?.RobustAccuracy)) is { } place ? history[place] : null;

    /// <summary>Such as "7, robust accuracy 0.512 and clean 0.801 on 1024 held-out images".</summary>
    public static string Describe(EpochMetrics best) =>
        $"{best.Epoch}, robust accuracy {StatusText.Fraction(best.Validation!.RobustAccuracy)} and clean {StatusText.Fraction(best.Validation.CleanAccuracy)} on {StatusText.Count(best.Validation.Images, "held-out image")}";
}
