namespace Afa.Grains;

/// <summary>Adds up one slice of the gradient, step by step, where the trainers of a run are on several silos. The key is "run/bucket".</summary>
/// <remarks>
/// A member is here one part of the sum: one trainer, or several that were added up on their silo. Whoever waits asks
/// <see cref="IFeatureExchangeGrain"/> whether its attempt still stands.
/// </remarks>
[Alias("afa.gradient-bucket")]
public interface IGradientBucketGrain : IGrainWithStringKey
{
    /// <summary>Contributes a slice and waits some seconds for the sum over all parts, which is formed in their order.</summary>
    /// <returns>float32; null if not all parts have come yet: contribute again, which counts once.</returns>
    /// <param name="slice">At most 4 MiB.</param>
    /// <exception cref="RoundAbandonedException">A later attempt has begun.</exception>
    [Alias("reduce"), ResponseTimeout("00:10:00")]
    Task<GradientSlice?> ReduceAsync(RoundMember member, GradientSlice slice);

    /// <summary>Contributes a slice of a silo that gets the sum as the answer to another of its slices.</summary>
    /// <inheritdoc cref="ReduceAsync"/>
    [Alias("contribute"), ResponseTimeout("00:10:00")]
    Task ContributeAsync(RoundMember member, GradientSlice slice);
}
