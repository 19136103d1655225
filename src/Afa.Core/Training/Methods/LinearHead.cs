namespace Afa.Training.Methods;

/// <summary>The second phase after a pre-training of features: cross-entropy of a linear head on them, as <see cref="HeadOptions"/> says.</summary>
internal sealed class LinearHead(Replica replica) : ITrainingMethod
{
    public StepOutcome ComputeLoss(TrainingStep step)
    {
        var (model, options) = (replica.Model, replica.Options.Head);
        var isAdversarial = options.Images == HeadImages.Adversarial;
        var images = isAdversarial ? replica.Attack.CrossEntropy(step, replica.Attack.UniformStart(step)) : step.Images;
        var logits = options.Scope == HeadScope.Frozen ? model.Logits(replica.FrozenFeatures(images)) : model.call(images);
        var loss = replica.CrossEntropy(logits, step);
        return isAdversarial ? new StepOutcome(loss) { AdversarialLogits = logits } : new StepOutcome(loss) { CleanLogits = logits };
    }
}
