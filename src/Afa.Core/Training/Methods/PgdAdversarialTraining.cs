namespace Afa.Training.Methods;

/// <summary>Cross-entropy on PGD images: Madry et al. 2018 (arXiv:1706.06083), equation 2.1.</summary>
internal sealed class PgdAdversarialTraining(Replica replica) : ITrainingMethod
{
    public StepOutcome ComputeLoss(TrainingStep step)
    {
        var images = step.AttackOnce(nameof(PgdAdversarialTraining), () => replica.Attack.CrossEntropy(step, replica.Attack.UniformStart(step)));
        var logits = replica.Model.call(images);
        return new StepOutcome(replica.CrossEntropy(logits, step)) { AdversarialLogits = logits };
    }
}
