using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>What an attack found.</summary>
/// <param name="Adversarial">
/// Same shape as the images: where the attack succeeded, an image in the ball and in [0, 1] that the model gets wrong; elsewhere the image
/// as it was. In the caller's dispose scope; the caller owns it.
/// </param>
public sealed record AttackOutcome(Tensor Adversarial)
{
    /// <summary>
    /// Of a minimum-norm attack: the norm of the smallest perturbation found for each sample, however large; infinite where none was found. Else null.
    /// </summary>
    public IReadOnlyList<double>? Distances { get; init; }

    /// <summary>Samples whose gradient was all zero where the attack started: a sign that gradients are masked.</summary>
    public int ZeroGradients { get; init; }
}
