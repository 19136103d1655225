using Afa.Losses;

namespace Afa.Training.Methods;

/// <summary>MART: Wang et al. 2020 (ICLR), as in the authors' code: PGD on the cross-entropy from a point 0.001 away, then <see cref="MartLoss"/>.</summary>
internal sealed class Mart(Replica replica) : ITrainingMethod
{
    public StepOutcome ComputeLoss(TrainingStep step)
    {
        var images = step.AttackOnce(nameof(Mart), () => replica.Attack.CrossEntropy(step, InnerAttack.CloseStart(step)));
        var clean = replica.OnClean(step, replica.Model.call);
        var adversarial = replica.Model.call(images);
        var loss = MartLoss.Compute(clean, adversarial, step.Labels, replica.Options.MartBeta, replica.GlobalBatch(step));
        step.Clock.Book(StepClock.Forward);
        return new StepOutcome(loss) { CleanLogits = clean, AdversarialLogits = adversarial };
    }
}
