using static TorchSharp.torch;

namespace Afa.Training.Methods;

/// <summary>The loss of one update, and what can be read off on the way to it.</summary>
/// <param name="Loss">A scalar whose gradients, summed over the replicas, are that of the global batch's loss.</param>
internal sealed record StepOutcome(Tensor Loss)
{
    /// <summary>This replica's part of the loss, where <see cref="Loss"/> is that of the global batch and the same on each.</summary>
    public Tensor? Reported { get; init; }

    /// <summary>Logits of the clean images, if the loss needed them.</summary>
    public Tensor? CleanLogits { get; init; }

    /// <summary>Logits of the attacked images, if the loss needed them.</summary>
    public Tensor? AdversarialLogits { get; init; }

    /// <summary>Own adversarial images whose nearest other clean feature has their class.</summary>
    public long? FeatureMatches { get; init; }
}
