using Afa.Grains;

namespace Afa.Client.Reports;

/// <summary>Where the time of one phase of training went, over all its epochs.</summary>
/// <param name="Seconds">Sum of the parts.</param>
/// <param name="Parts">In the order in which a step does them; what none of them covers is "other".</param>
internal sealed record PhaseTime(string Phase, double Seconds, IReadOnlyList<(string Name, double Seconds)> Parts)
{
    private static readonly string[] s_order = ["data", "attack", "exchange", "backward", "reduce", "update"];

    /// <summary>One for each phase that took time, in the order of the history.</summary>
    public static IReadOnlyList<PhaseTime> Of(IReadOnlyList<EpochMetrics> history) =>
        [.. history.GroupBy(epoch => epoch.Phase).Select(Sum).Where(phase => phase.Seconds > 0)];

    private static PhaseTime Sum(IGrouping<string, EpochMetrics> epochs)
    {
        var parts = epochs
            .SelectMany(epoch => epoch.PhaseSeconds)
            .Where(part => part.Value > 0 && double.IsFinite(part.Value))
            .GroupBy(part => part.Key, part => part.Value)
            .Select(part => (Name: part.Key, Seconds: part.Sum()))
            .OrderBy(part => (uint)Array.IndexOf(s_order, part.Name))   // Unknown ones, -1, come last.
            .ToList();

        var named = parts.Sum(part => part.Seconds);
        var other = epochs.Sum(epoch => epoch.Seconds) - named;
        if (other > 0 && double.IsFinite(other))
        {
            parts.Add(("other", other));
            named += other;
        }

        return new(epochs.Key, named, parts);
    }
}
