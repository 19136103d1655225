namespace Afa.Training.Methods;

/// <summary>
/// Free adversarial training: Shafahi et al. 2019 (arXiv:1904.12843), algorithm 1. A batch is used several times; each backward pass gives the
/// gradient that moves the weights and the one that moves the images by epsilon for the next replay.
/// </summary>
/// <remarks>
/// The authors carry a perturbation over from batch to batch, where it is noise to the new images. Here each batch starts from a uniform draw in
/// the ball, so that a step depends on the last checkpoint and the options alone; and all replays of a batch have the learning rate of its step.
/// The work of an epoch grows with the replays: for equal work divide the epochs by them, as the authors do. What is reported is the last replay.
/// </remarks>
internal sealed class FreeAt(Replica replica) : ITrainingMethod
{
    public int UpdatesPerStep => replica.Options.FreeReplays;

    public StepOutcome ComputeLoss(TrainingStep step)
    {
        var images = step.Replayed is { } last ? replica.Attack.Ascend(step, last, last.grad!) : replica.Attack.UniformStart(step);
        step.Replayed = images.requires_grad_();
        var logits = replica.Model.call(images);
        return new StepOutcome(replica.CrossEntropy(logits, step)) { AdversarialLogits = logits };
    }
}
