using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>Sizes of perturbations.</summary>
public static class PerturbationNorm
{
    private const double PixelRounding = 6e-8;   // Of a float32 below 1: half of 2^-23.

    /// <summary>How far rounding to float32 may take an image out of the ball.</summary>
    /// <param name="pixels">Values of one image.</param>
    public static double Slack(AttackNorm norm, double epsilon, long pixels) => (1e-6 * epsilon) + (PixelRounding * norm switch
    {
        AttackNorm.Linf => 1,
        AttackNorm.L2 => Math.Sqrt(pixels),
        _ => pixels,
    });

    /// <summary>Measures each perturbation of a batch.</summary>
    /// <param name="change">[batch, channel, height, width].</param>
    /// <returns>[batch, 1, 1, 1]. The caller owns it.</returns>
    public static Tensor Of(Tensor change, AttackNorm norm)
    {
        var order = norm switch { AttackNorm.Linf => double.PositiveInfinity, AttackNorm.L2 => 2, _ => 1 };
        return linalg.vector_norm(change, order, [1, 2, 3], keepdim: true);
    }
}
