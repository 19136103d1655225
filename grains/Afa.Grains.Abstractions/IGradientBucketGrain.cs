namespace Afa.Grains;

/// <summary>Adds up one slice of the gradient, step by step. The key is "run/bucket".</summary>
[Alias("afa.gradient-bucket")]
public interface IGradientBucketGrain : IGrainWithStringKey
{
    /// <summary>Contributes a slice and waits some seconds for the sum over all ranks, which is formed in rank order.</summary>
    /// <returns>Null if not all ranks have come yet: contribute again, which counts once.</returns>
    /// <param name="slice">float32, little-endian; at most 4 MiB.</param>
    /// <exception cref="RoundAbandonedException">The attempt was given up.</exception>
    [Alias("reduce"), ResponseTimeout("00:10:00")]
    Task<TensorSlice?> ReduceAsync(RoundMember member, TensorSlice slice);

    /// <summary>Gives up this attempt and all before: whoever waits is told so.</summary>
    [Alias("abandon")]
    Task AbandonAsync(int attempt);
}
