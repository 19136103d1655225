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
        var ball = new PerturbationBall(images, _options.Norm, _options.Epsilon);
        var adversarial = (start ?? images).detach().clone();
        for (var step = 0; step < _options.Steps; step++)
        {
            using var stepScope = NewDisposeScope();
            var gradient = InputGradient.Of(objective, adversarial);
            ball.Ascend(adversarial, gradient, _options.StepSize);
        }

        return adversarial.MoveToOuterDisposeScope();
    }
}
