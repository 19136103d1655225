namespace Afa.Training.Methods;

/// <summary>Cross-entropy on clean images.</summary>
internal sealed class CrossEntropy(Replica replica) : ITrainingMethod
{
    public StepOutcome ComputeLoss(TrainingStep step)
    {
        var logits = replica.Model.call(step.Images);
        return new StepOutcome(replica.CrossEntropy(logits, step)) { CleanLogits = logits };
    }
}
