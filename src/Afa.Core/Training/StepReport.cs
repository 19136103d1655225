namespace Afa.Training;

/// <summary>What one trainer measured in one step. Sums over trainers describe the global batch.</summary>
/// <param name="Loss">This trainer's part of the global loss.</param>
/// <param name="Images">Own images.</param>
/// <param name="CleanCorrect">Own clean images classified correctly; null if the step computed no logits for them.</param>
/// <param name="RobustCorrect">Own attacked images classified correctly; null if the step computed no logits for them.</param>
/// <param name="FeatureMatches">Own adversarial images whose nearest other clean feature has their class; null outside AFA.</param>
/// <param name="PhaseSeconds">Seconds of each part of the step, by <see cref="StepClock"/> name.</param>
/// <param name="Intervals">When each part was at work.</param>
public sealed record StepReport(
    double Loss, int Images, long? CleanCorrect, long? RobustCorrect, long? FeatureMatches, IReadOnlyDictionary<string, double> PhaseSeconds, IReadOnlyList<StepInterval> Intervals);
