using Afa.Attacks;
using Afa.Training;

namespace Afa.Sweeps;

/// <summary>Estimated work of a trial in passes: one image once through its network, a backward pass for the image's gradient counted as one, for the weights' as two.</summary>
/// <remarks>For time left and for choosing the size of a sweep. Networks of different size are not told apart.</remarks>
public sealed record TrialWork(double Training, double Evaluation)
{
    public double Total => Training + Evaluation;

    /// <summary>Done so far, if both parts have come so far.</summary>
    /// <param name="trained">Share of the training, in [0, 1].</param>
    /// <param name="evaluated">Share of the evaluation, in [0, 1].</param>
    public double Done(double trained, double evaluated) => trained * Training + evaluated * Evaluation;

    /// <param name="trial">With valid options.</param>
    public static TrialWork Of(SweepTrial trial)
    {
        // An image that an attack breaks costs less.
        var evaluation = trial.Evaluation;
        var passes = AttackCascade.Parse(evaluation.Attacks, evaluation.Norm).SelectMany(cascade => cascade.Stages).Sum(stage => (double)stage.Description.Passes);
        return new TrialWork(trial.TrainingImages * StepCost.OfRun(trial.Training), (double)evaluation.Images * Math.Max(1, evaluation.Epsilons.Count) * (1 + passes));
    }
}
