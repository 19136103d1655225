using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>Random numbers for images that depend on (seed, sample) only, so that batch, order and sharding do not matter.</summary>
/// <remarks>The reference implementations draw for a whole batch from a global generator; agreement with them is statistical.</remarks>
public static class SampleNoise
{
    /// <summary>Draws starting points uniformly in the Linf ball, or for L2 uniformly in the ball's volume, and clips them to the pixel range.</summary>
    /// <param name="images">[batch, channel, height, width].</param>
    /// <param name="sampleIds">One for each image.</param>
    /// <param name="seed">What the draw is for; the sample's id is mixed in here.</param>
    /// <returns>Images plus noise, in [0, 1]. The caller owns them.</returns>
    public static Tensor StartInBall(Tensor images, ReadOnlySpan<int> sampleIds, AttackNorm norm, double epsilon, ulong seed)
    {
        using var scope = NewDisposeScope();
        if (norm == AttackNorm.Linf)
        {
            var uniform = Draw(images, sampleIds, seed, (row, generator) => row.uniform_(-epsilon, epsilon, generator));
            return (images + uniform).clamp_(0, 1).MoveToOuterDisposeScope();
        }

        // A Gaussian direction, and a radius of ε u^(1/n) for the volume's sake.
        var noise = Draw(images, sampleIds, seed, (row, generator) => row.normal_(0, 1, generator));
        var radius = Draw(images.narrow(1, 0, 1).narrow(2, 0, 1).narrow(3, 0, 1), sampleIds, Seed.Derive(seed, 1), (row, generator) => row.uniform_(0, 1, generator));
        var dimensions = images.numel() / images.shape[0];
        var length = linalg.vector_norm(noise, 2, [1, 2, 3], keepdim: true);
        return (images + noise / length * (epsilon * radius.pow(1.0 / dimensions))).clamp_(0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Adds Gaussian noise, as TRADES does before its attack; not clipped to the pixel range, as in the authors' code.</summary>
    /// <param name="deviation">Standard deviation in pixel units; 0.001 in the authors' code.</param>
    /// <returns>Images plus noise. The caller owns them.</returns>
    public static Tensor Gaussian(Tensor images, ReadOnlySpan<int> sampleIds, double deviation, ulong seed)
    {
        using var scope = NewDisposeScope();
        var noise = Draw(images, sampleIds, seed, (row, generator) => row.normal_(0, deviation, generator));
        return (images + noise).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Draws the starting points of AutoAttack, far from the images: for Linf uniform noise scaled to ε at its largest pixel, for L2 a Gaussian
    /// direction of length ε, for L1 Gaussian noise projected onto the ball. Clipped to the pixel range.
    /// </summary>
    /// <param name="images">[batch, channel, height, width].</param>
    /// <param name="seeds">One for each image; the sample's id is part of it.</param>
    /// <param name="epsilon">One for each image: any shape with as many numbers as images.</param>
    /// <returns>Images plus noise, in [0, 1]. The caller owns them.</returns>
    internal static Tensor StartFarAway(Tensor images, ReadOnlySpan<ulong> seeds, AttackNorm norm, Tensor epsilon)
    {
        using var scope = NewDisposeScope();
        var noise = Draw(images, seeds, (row, generator) => norm == AttackNorm.Linf ? row.uniform_(-1, 1, generator) : row.normal_(0, 1, generator));
        var change = norm == AttackNorm.L1
            ? L1Ball.Project(images, noise, epsilon)
            : noise / (PerturbationNorm.Of(noise, norm) + 1e-12) * epsilon.reshape(-1, 1, 1, 1);
        return (images + change).clamp_(0, 1).MoveToOuterDisposeScope();
    }

    private static Tensor Draw(Tensor like, ReadOnlySpan<int> sampleIds, ulong seed, Func<Tensor, Generator, Tensor> fill)
    {
        if (sampleIds.Length != like.shape[0])
        {
            throw new ArgumentException($"sampleIds must hold one id for each of the {like.shape[0]} images, not {sampleIds.Length}.", nameof(sampleIds));
        }

        var seeds = new ulong[sampleIds.Length];
        for (var i = 0; i < seeds.Length; i++)
        {
            seeds[i] = Seed.Derive(seed, (ulong)sampleIds[i]);
        }

        return Draw(like, seeds, fill);
    }

    // Drawn on the CPU whatever the device, so that a run means the same everywhere.
    private static Tensor Draw(Tensor like, ReadOnlySpan<ulong> seeds, Func<Tensor, Generator, Tensor> fill)
    {
        using var scope = NewDisposeScope();
        var noise = empty(like.shape, like.dtype, CPU);
        using var generator = new Generator();
        for (var i = 0; i < seeds.Length; i++)
        {
            generator.manual_seed(unchecked((long)seeds[i]));
            using var row = noise.select(0, i);
            fill(row, generator);
        }

        return HostCopy.To(noise, like.device).MoveToOuterDisposeScope();
    }
}
