namespace Afa.Grains;

/// <summary>
/// Passes the features of a step around, so that the contrastive loss sees the whole global batch. Here the trainers of a run hear that
/// their attempt was given up, in whatever exchange they wait. The key is the run's name.
/// </summary>
[Alias("afa.feature-exchange")]
public interface IFeatureExchangeGrain : IGrainWithStringKey
{
    /// <summary>Contributes own rows and waits some seconds for those of all ranks, in rank order.</summary>
    /// <returns>Null if not all ranks have come yet: contribute again, which counts once.</returns>
    /// <exception cref="RoundAbandonedException">The attempt was given up.</exception>
    [Alias("gather"), ResponseTimeout("00:10:00")]
    Task<IReadOnlyList<TensorSlice>?> GatherAsync(RoundMember member, TensorSlice rows);

    /// <summary>Does nothing if the attempt still stands.</summary>
    /// <exception cref="RoundAbandonedException">The attempt was given up, or a later one has begun.</exception>
    [Alias("require-current")]
    Task RequireCurrentAsync(int attempt);

    /// <summary>Gives up this attempt and all before: whoever waits is told so.</summary>
    [Alias("abandon")]
    Task AbandonAsync(int attempt);
}
