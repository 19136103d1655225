namespace Afa.Training.Methods;

/// <summary>Fast adversarial training: Wong et al. 2020 (arXiv:2001.03994), algorithm 3: one step of 1.25 epsilon from a uniform start.</summary>
/// <remarks>Unless the options say otherwise, the model is in evaluation mode in the attack; the authors leave it in training mode, where it also gathers statistics.</remarks>
internal sealed class FastAt(Replica replica) : ITrainingMethod
{
    public StepOutcome ComputeLoss(TrainingStep step)
    {
        var images = step.AttackOnce(nameof(FastAt), () => replica.Attack.FastCrossEntropy(step, replica.Attack.UniformStart(step)));
        var logits = replica.Model.call(images);
        return new StepOutcome(replica.CrossEntropy(logits, step)) { AdversarialLogits = logits };
    }
}
