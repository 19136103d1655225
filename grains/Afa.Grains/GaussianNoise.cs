using System.Numerics.Tensors;
using Afa.Federation;
using Afa.Federation.Privacy;

namespace Afa.Grains;

/// <summary>Makes the mean of clipped updates private: McMahan et al. 2018 (arXiv:1710.06963), the estimator with a fixed denominator.</summary>
/// <remarks>The sum is divided by the number of participants that a round is to have, not by those that came, as that would tell of one participant.</remarks>
internal sealed class GaussianNoise : IDisposable
{
    private readonly GaussianMechanism _mechanism;
    private readonly int _perRound;

    private GaussianNoise(FederationOptions options)
    {
        _perRound = options.PerRound;
        _mechanism = new GaussianMechanism(options.Privacy.NoiseMultiplier * options.Privacy.ClipNorm / _perRound);
    }

    /// <returns>Null if the options ask for no noise.</returns>
    public static GaussianNoise? Of(FederationOptions options) => options.Privacy.NoiseMultiplier > 0 ? new GaussianNoise(options) : null;

    /// <param name="mean">A slice of the mean of the updates that came, which gets the private mean.</param>
    /// <param name="delivered">How many came.</param>
    public void Apply(Span<float> mean, int delivered)
    {
        TensorPrimitives.Multiply(mean, (float)delivered / _perRound, mean);
        _mechanism.AddNoise(mean);
    }

    public void Dispose() => _mechanism.Dispose();
}
