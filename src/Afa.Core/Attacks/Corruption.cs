using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>
/// Common corruptions of Hendrycks and Dietterich 2019 (arXiv:1903.12261), section 3, with the parameters that their authors published
/// for CIFAR-10-C. Not bound to the ball: <see cref="AttackOutcome.Adversarial"/> holds the corrupted image of every sample, whether the
/// model gets it right or not.
/// </summary>
/// <remarks>
/// Where a parameter depends on the image's size, it is scaled from 32 pixels. Departures from the authors' code: values are not rounded
/// to 8 bits; random numbers depend on (seed, sample). Left out: frost and JPEG, which need photographs and an encoder, and glass blur,
/// zoom blur, snow and spatter.
/// </remarks>
public sealed class Corruption : IAttack
{
    public const int LeastSeverity = 1;
    public const int MostSeverity = 5;

    private readonly Func<Tensor, Generator, Tensor> _corrupt;

    /// <param name="severity">1 to 5.</param>
    /// <exception cref="ArgumentException">The kind is not known, or the severity is out of range.</exception>
    public Corruption(CorruptionKind kind, int severity)
    {
        if (severity is < LeastSeverity or > MostSeverity)
        {
            throw new ArgumentOutOfRangeException(nameof(severity), severity, $"The severity must be in [{LeastSeverity}, {MostSeverity}].");
        }

        _corrupt = Create(kind, severity - 1);
    }

    /// <inheritdoc/>
    /// <remarks>Works in any norm; the radius is not read.</remarks>
    public AttackOutcome Run(AttackInput input)
    {
        Require.Shape(input.Images, nameof(input.Images), "batch", "channel", "height", "width");
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var corrupted = Corrupt(input.Images, input.SampleIds, input.Seed);
        var isBroken = Misclassification.Of(input.Model, corrupted, input.Labels, input.BatchSize);
        input.Finished?.Invoke(isBroken.Length, isBroken.Count(broken => broken));
        return new AttackOutcome(corrupted.MoveToOuterDisposeScope());
    }

    /// <summary>Corrupts images without a model.</summary>
    /// <param name="images">[batch, channel, height, width], pixels in [0, 1].</param>
    /// <param name="sampleIds">One for each image.</param>
    /// <returns>Same shape, in [0, 1]. The caller owns it.</returns>
    public Tensor Corrupt(Tensor images, IReadOnlyList<int> sampleIds, ulong seed)
    {
        using var scope = NewDisposeScope();
        var source = images.cpu();   // As draws are made there, so is the rest.
        var corrupted = empty_like(source);
        using var generator = new Generator();
        for (var i = 0; i < sampleIds.Count; i++)
        {
            using var sampleScope = NewDisposeScope();
            generator.manual_seed(unchecked((long)Seed.Derive(seed, (ulong)sampleIds[i])));
            corrupted.select(0, i).copy_(_corrupt(source.select(0, i), generator).clamp(0, 1));
        }

        return HostCopy.To(corrupted, images.device).MoveToOuterDisposeScope();
    }

    /// <summary>The parameters of CIFAR-10-C by severity.</summary>
    private static Func<Tensor, Generator, Tensor> Create(CorruptionKind kind, int level) => kind switch
    {
        CorruptionKind.GaussianNoise => CorruptionNoise.Gaussian(Pick(level, 0.04, 0.06, 0.08, 0.09, 0.10)),
        CorruptionKind.ShotNoise => CorruptionNoise.Shot(Pick(level, 500, 250, 100, 75, 50)),
        CorruptionKind.ImpulseNoise => CorruptionNoise.Impulse(Pick(level, 0.01, 0.02, 0.03, 0.05, 0.07)),
        CorruptionKind.SpeckleNoise => CorruptionNoise.Speckle(Pick(level, 0.06, 0.1, 0.12, 0.16, 0.2)),
        CorruptionKind.GaussianBlur => CorruptionBlur.Gaussian(Pick(level, 0.4, 0.6, 0.7, 0.8, 1)),
        CorruptionKind.DefocusBlur => CorruptionBlur.Defocus(Pick(level, 0.3, 0.4, 0.5, 1, 1.5), Pick(level, 0.4, 0.5, 0.6, 0.2, 0.1)),
        CorruptionKind.MotionBlur => CorruptionBlur.Motion(Pick(level, 6, 6, 6, 8, 9), Pick(level, 1, 1.5, 2, 2, 2.5)),
        CorruptionKind.Brightness => CorruptionLight.Brightness(Pick(level, 0.05, 0.1, 0.15, 0.2, 0.3)),
        CorruptionKind.Contrast => CorruptionLight.Contrast(Pick(level, 0.75, 0.5, 0.4, 0.3, 0.15)),
        CorruptionKind.Saturate => CorruptionLight.Saturate(Pick(level, 0.3, 0.1, 1.5, 2, 2.5), Pick(level, 0, 0, 0, 0.1, 0.2)),
        CorruptionKind.Fog => CorruptionLight.Fog(Pick(level, 0.2, 0.5, 0.75, 1, 1.5), Pick(level, 3, 3, 2.5, 2, 1.75)),
        CorruptionKind.Pixelate => CorruptionGeometry.Pixelate(Pick(level, 0.95, 0.9, 0.85, 0.75, 0.65)),
        CorruptionKind.ElasticTransform => CorruptionGeometry.Elastic(Pick(level, 0, 0.05, 0.08, 0.1, 0.1), Pick(level, 0, 0.2, 0.06, 0.04, 0.03), Pick(level, 0.08, 0.07, 0.06, 0.05, 0.03)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, $"The corruption must be one of {string.Join(", ", Enum.GetNames<CorruptionKind>())}."),
    };

    private static double Pick(int level, params ReadOnlySpan<double> bySeverity) => bySeverity[level];
}
