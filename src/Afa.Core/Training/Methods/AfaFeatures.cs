using Afa.Losses;
using static TorchSharp.torch;

namespace Afa.Training.Methods;

/// <summary>Pre-training of the features by <see cref="AfaLoss"/>, against an attack on the same loss.</summary>
internal sealed class AfaFeatures(Replica replica) : ITrainingMethod
{
    public StepOutcome ComputeLoss(TrainingStep step)
    {
        var (model, options) = (replica.Model, replica.Options.Afa);
        AttackFirst(replica, step);
        var clean = replica.OnClean(step, model.Features);
        step.Clock.Book(StepClock.Forward);
        var (allClean, allLabels) = replica.Exchange.Gather(clean, step.Labels);
        step.Clock.Book(StepClock.Exchange);

        var (images, contrast) = Attack(replica, step, () => (allClean.detach(), allLabels));
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

    /// <summary>Attacks before any pass in training mode, which would move the statistics of batch norm that the attack uses.</summary>
    /// <remarks>Without such statistics nothing is done yet, as the attack then sees the same clean features as the loss.</remarks>
    internal static void AttackFirst(Replica replica, TrainingStep step)
    {
        if (!replica.IsSameInEvaluation)
        {
            Attack(replica, step, () => replica.Exchange.Gather(replica.OnClean(step, replica.FrozenFeatures), step.Labels));
        }
    }

    /// <summary>Up the AFA loss with the clean features of the global batch as contrast.</summary>
    /// <param name="clean">Gives the global batch's clean features as the attack sees them, without a gradient, and its labels. Not called if the step was attacked before.</param>
    /// <returns>The images, and the clean features that they were pushed from.</returns>
    internal static (Tensor Images, Tensor Contrast) Attack(Replica replica, TrainingStep step, Func<(Tensor Features, Tensor Labels)> clean) => step.AttackOnce(nameof(AfaFeatures), () =>
    {
        var (contrast, allLabels) = clean();
        using var objective = new AfaInnerObjective(contrast, allLabels, step.Labels, replica.Options.Afa.Temperature);
        var images = replica.Attack.Maximize(step, replica.Attack.UniformStart(step), x => objective.Sum(replica.Model.Features(x)));
        return (images, contrast);
    });
}
