using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>The images within epsilon of given ones and inside the pixel range. Its tensors belong to the scope that it was made in.</summary>
internal sealed class PerturbationBall
{
    private readonly Tensor _images;
    private readonly AttackNorm _norm;
    private readonly double _epsilon;
    private readonly Tensor _lower;
    private readonly Tensor _upper;

    /// <param name="images">[batch, channel, height, width], pixels in [0, 1].</param>
    /// <param name="norm">Linf or L2.</param>
    public PerturbationBall(Tensor images, AttackNorm norm, double epsilon)
    {
        (_images, _norm, _epsilon) = (images.detach(), norm, epsilon);

        // The Linf ball and the pixel range are both boxes, so their intersection is one box.
        _lower = norm == AttackNorm.Linf ? (_images - epsilon).clamp_(min: 0) : zeros_like(_images);
        _upper = norm == AttackNorm.Linf ? (_images + epsilon).clamp_(max: 1) : ones_like(_images);
    }

    /// <summary>Moves images in place: a step of a given length, in the ball's norm, along the gradient; then back into the ball.</summary>
    public void Ascend(Tensor adversarial, Tensor gradient, double stepSize)
    {
        using var scope = NewDisposeScope();
        adversarial.add_(Direction(gradient), alpha: stepSize);
        if (_norm == AttackNorm.L2)
        {
            // Onto the ball, then onto the pixel range, which cannot leave the ball again.
            var change = adversarial - _images;
            var length = linalg.vector_norm(change, 2, [1, 2, 3], keepdim: true);
            var factor = (_epsilon / length.clamp_(min: 1e-12)).clamp_(max: 1);
            adversarial.copy_(_images + change * factor);
        }

        adversarial.clamp_(_lower, _upper);
    }

    private Tensor Direction(Tensor gradient)
    {
        if (_norm == AttackNorm.Linf)
        {
            return gradient.sign();
        }

        var length = linalg.vector_norm(gradient, 2, [1, 2, 3], keepdim: true);
        return gradient / length.clamp_(min: 1e-12);
    }
}
