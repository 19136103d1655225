namespace Afa.Grains;

/// <summary>Passes the features of a step around, so that the contrastive loss sees the whole global batch. The key is the run's name.</summary>
[Alias("afa.feature-exchange")]
public interface IFeatureExchangeGrain : IGrainWithStringKey
{
    /// <summary>Contributes own rows and waits for those of all ranks, in rank order.</summary>
    /// <exception cref="RoundAbandonedException">The attempt was given up.</exception>
    [Alias("gather"), ResponseTimeout("00:10:00")]
    Task<IReadOnlyList<TensorSlice>> GatherAsync(RoundMember member, TensorSlice rows);

    /// <summary>Gives up this attempt and all before: whoever waits is told so.</summary>
    [Alias("abandon")]
    Task AbandonAsync(int attempt);
}
