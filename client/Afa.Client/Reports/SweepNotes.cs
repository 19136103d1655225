using Afa.Attacks;
using Afa.Sweeps;

namespace Afa.Client.Reports;

/// <summary>What the figures of a sweep do not show.</summary>
internal static class SweepNotes
{
    public static IReadOnlyList<string> Create(SweepDocument sweep) =>
    [
        ReportNotes.Attacks(sweep.Trials.SelectMany(trial => trial.Result?.Accuracies ?? []).Where(accuracy => accuracy.Kind != AttackKind.Corruption).Select(accuracy => accuracy.Attack)),
        ReportNotes.Reconstruction,
        "Intervals are 95 %. From three seeds on: Student's t over the seeds (t), which covers the choice of seed on these test images. " +
        "With fewer: Wilson of the seeds' counts together, which covers the choice of images, not the choice of seed. ± is the standard deviation over the seeds.",
        "The best of many points owes some of its lead to chance: its accuracy on the images that chose it is too high. Confirm it with other seeds or other images.",
        "Times and images per second were measured with the sweep's other trials at work beside.",
    ];
}
