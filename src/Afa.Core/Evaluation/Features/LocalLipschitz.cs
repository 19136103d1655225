using System.Runtime.InteropServices;
using Afa.Attacks;
using static TorchSharp.torch;

namespace Afa.Evaluation.Features;

/// <summary>Empirical local Lipschitz constant of a map: Yang et al. 2020 (arXiv:2003.02460), section 5.</summary>
/// <remarks>
/// For each image the largest ‖f(x) − f(x')‖ / ‖x − x'‖ that projected gradient ascent finds in the ball: a lower bound of the true one. Departures
/// from the paper and its code: the largest ratio on the way counts, not that of the last iterate; the gradient holds the denominator
/// constant, as in Linf its own gradient pulls only the largest pixel back and keeps the iterate out of the ball's corners; the start is uniform
/// in the ball; and the denominator is measured in the norm of the ball, which is Linf in the paper.
/// </remarks>
/// <param name="norm">Of the ball and of the denominator: Linf or L2.</param>
/// <param name="epsilon">Radius of the ball, in pixel units.</param>
/// <param name="steps">Steps of the ascent, each of a quarter of the radius; 10 in the authors' code.</param>
public sealed class LocalLipschitz(AttackNorm norm, double epsilon, int steps = LocalLipschitz.DefaultSteps)
{
    public const int DefaultSteps = 10;

    private const double RelativeStepSize = 0.25;

    private readonly Pgd _pgd = new(new PgdOptions { Norm = norm, Epsilon = epsilon, StepSize = RelativeStepSize * epsilon, Steps = steps });

    /// <summary>Estimates the constant around each image of a batch.</summary>
    /// <param name="map">Maps images to [batch, output], each row from its own image.</param>
    /// <param name="outputNorm">Order of the norm of the numerator, such as 1 for logits in the paper.</param>
    /// <param name="images">[batch, channel, height, width], pixels in [0, 1].</param>
    /// <param name="sampleIds">One for each image; the start depends on it and the seed alone.</param>
    /// <returns>One for each image.</returns>
    public double[] Estimate(Func<Tensor, Tensor> map, double outputNorm, Tensor images, ReadOnlySpan<int> sampleIds, ulong seed)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var at = map(images);
        var largest = zeros([images.shape[0]], at.dtype, at.device);
        var start = SampleNoise.StartInBall(images, sampleIds, norm, epsilon, seed);

        var last = _pgd.Perturb(x => Rise(x).sum(), images, start);
        Rise(last);
        return MemoryMarshal.Cast<byte, double>(largest.to(ScalarType.Float64).cpu().bytes).ToArray();

        // ‖f(x) − f(x')‖, [batch]; keeps the ratio if it is the largest so far.
        Tensor Rise(Tensor x)
        {
            using var riseScope = NewDisposeScope();
            var rise = linalg.vector_norm(map(x) - at, outputNorm, [1]);
            var distance = PerturbationNorm.Of(x.detach() - images, norm).reshape(-1);
            var ratio = rise.detach() / distance.clamp_(min: 1e-12);
            largest.copy_(largest.maximum(ratio.to(largest.dtype)));
            return rise.MoveToOuterDisposeScope();
        }
    }
}
