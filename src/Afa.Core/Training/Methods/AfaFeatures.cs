using Afa.Losses;
using static TorchSharp.torch;

namespace Afa.Training.Methods;

/// <summary>Pre-training of the features by <see cref="AfaLoss"/>, against an attack on the same loss.</summary>
internal sealed class AfaFeatures(Replica replica) : ITrainingMethod
{
    public StepOutcome ComputeLoss(TrainingStep step)
    {
        var (model, options) = (replica.Model, replica.Options.Afa);
        var clean = replica.OnClean(step, model.Features);
        step.Clock.Book(StepClock.Forward);
        var (allClean, allLabels) = replica.Exchange.Gather(clean, step.Labels);
        step.Clock.Book(StepClock.Exchange);

        var (images, contrast) = Attack(replica, step, allClean, allLabels);
        var adversarial = model.Features(images);
        step.Clock.Book(StepClock.Forward);
        var (allAdversarial, _) = replica.Exchange.Gather(adversarial, step.Labels);
        step.Clock.Book(StepClock.Exchange);

        var loss = AfaLoss.Compute(allClean, allAdversarial, allLabels, options);
        using var objective = new AfaInnerObjective(contrast, allLabels, step.Labels, options.Temperature);
        var matches = objective.CountMatches(adversarial, (long)replica.Collective.Rank * step.Count);
        step.Clock.Book(StepClock.Forward);
        return new StepOutcome(loss) { Reported = loss.detach() / replica.Collective.Count, FeatureMatches = matches };
    }

    /// <summary>Up the AFA loss with the clean features of the global batch as contrast.</summary>
    /// <param name="allClean">Clean features of the global batch in the model's present mode.</param>
    /// <returns>The images, and the clean features that they were pushed from.</returns>
    internal static (Tensor Images, Tensor Contrast) Attack(Replica replica, TrainingStep step, Tensor allClean, Tensor allLabels) => step.AttackOnce(nameof(AfaFeatures), () =>
    {
        // Without batch statistics the attack sees the same clean features as the loss; else batch norm may be in another mode, and it needs its own.
        var contrast = replica.IsSameInEvaluation ? allClean.detach() : replica.Exchange.Gather(replica.OnClean(step, replica.FrozenFeatures), step.Labels).Features;
        using var objective = new AfaInnerObjective(contrast, allLabels, step.Labels, replica.Options.Afa.Temperature);
        var images = replica.Attack.Maximize(step, replica.Attack.UniformStart(step), x => objective.Sum(replica.Model.Features(x)));
        return (images, contrast);
    });
}
