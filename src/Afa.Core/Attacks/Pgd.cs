using System.ComponentModel.DataAnnotations;
using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>Projected gradient ascent in a ball: Madry et al. 2018 (arXiv:1706.06083), section 2.1. The last iterate is returned.</summary>
public sealed class Pgd
{
    private readonly PgdOptions _options;

    /// <exception cref="ValidationException">An option is out of range.</exception>
    public Pgd(PgdOptions options)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _options = options;
    }

    /// <summary>Looks for images near the given ones that maximize an objective.</summary>
    /// <param name="objective">Maps images to a scalar whose terms depend on one image each, so that its gradient serves every image.</param>
    /// <param name="images">[batch, channel, height, width], pixels in [0, 1].</param>
    /// <param name="start">
    /// Where to start, same shape; null starts at the images. Taken as it is: only what the first step returns is projected, as TRADES
    /// starts from points that may leave the pixel range a little.
    /// </param>
    /// <returns>Images inside the ball (to rounding: 1 unit in the last place of a pixel for Linf, 1e-6 relative for L2) and inside [0, 1]. The caller owns them.</returns>
    public Tensor Perturb(Func<Tensor, Tensor> objective, Tensor images, Tensor? start)
    {
        Require.Shape(images, nameof(images), "batch", "channel", "height", "width");
        if (start is not null)
        {
            Require.SameShape(start, nameof(start), images, nameof(images));
        }

        using var scope = NewDisposeScope();
        images = images.detach();

        // The Linf ball and the pixel range are both boxes, so their intersection is one box.
        var isLinf = _options.Norm == AttackNorm.Linf;
        var lower = isLinf ? (images - _options.Epsilon).clamp_(min: 0) : zeros_like(images);
        var upper = isLinf ? (images + _options.Epsilon).clamp_(max: 1) : ones_like(images);

        var adversarial = (start ?? images).detach().clone();
        for (var step = 0; step < _options.Steps; step++)
        {
            using var stepScope = NewDisposeScope();
            var gradient = InputGradient.Of(objective, adversarial);
            adversarial.add_(Direction(gradient), alpha: _options.StepSize);
            Project(adversarial, images, lower, upper);
        }

        return adversarial.MoveToOuterDisposeScope();
    }

    private Tensor Direction(Tensor gradient)
    {
        if (_options.Norm == AttackNorm.Linf)
        {
            return gradient.sign();
        }

        var length = linalg.vector_norm(gradient, 2, [1, 2, 3], keepdim: true);
        return gradient / length.clamp_(min: 1e-12);
    }

    /// <summary>Projects in place. For L2: onto the ball, then onto the pixel range, which cannot leave the ball again.</summary>
    private void Project(Tensor adversarial, Tensor images, Tensor lower, Tensor upper)
    {
        if (_options.Norm == AttackNorm.L2)
        {
            using var scope = NewDisposeScope();
            var change = adversarial - images;
            var length = linalg.vector_norm(change, 2, [1, 2, 3], keepdim: true);
            var factor = (_options.Epsilon / length.clamp_(min: 1e-12)).clamp_(max: 1);
            adversarial.copy_(images + change * factor);
        }

        adversarial.clamp_(lower, upper);
    }
}
