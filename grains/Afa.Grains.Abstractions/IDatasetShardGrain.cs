namespace Afa.Grains;

/// <summary>One part of a run's training images, on the silo of the trainer that uses it. The key is "run/shard", or "federation/participant".</summary>
[Alias("afa.dataset-shard")]
public interface IDatasetShardGrain : IGrainWithStringKey
{
    /// <summary>Loads the images. Repeating the call has no further effect.</summary>
    /// <returns>Null, or what a user has to mend, such as missing files.</returns>
    [Alias("prepare"), ResponseTimeout("00:10:00")]
    Task<string?> PrepareAsync(string optionsJson);

    /// <summary>Loads the private images of a participant of a federation, for use on this silo only. Repeating the call has no further effect.</summary>
    /// <returns>Null, or what a user has to mend.</returns>
    [Alias("prepare-private"), ResponseTimeout("00:10:00")]
    Task<string?> PreparePrivateAsync(ParticipantAssignment assignment);

    /// <summary>Frees the images, and moves to the silo that the call's placement hint names. One that was only deactivated would come up again wherever it is still thought to be.</summary>
    [Alias("move")]
    Task MoveAsync();

    /// <summary>Frees the images.</summary>
    [Alias("release")]
    Task ReleaseAsync();

    /// <summary>Returns the images that the shard gives to one step, augmented.</summary>
    /// <exception cref="InvalidOperationException">The shard was not prepared on this silo, or it is private: its images go into no message.</exception>
    [Alias("batch")]
    Task<ShardBatch> GetBatchAsync(int epoch, int stepInEpoch, int count);
}

/// <summary>Some labeled images. Nobody changes the arrays: inside a silo they travel by reference.</summary>
/// <param name="Pixels">uint8, [batch, channel, height, width].</param>
[GenerateSerializer, Immutable, Alias("afa.shard-batch")]
public sealed record ShardBatch(
    [property: Id(0)] byte[] Pixels,
    [property: Id(1)] long[] Labels,
    [property: Id(2)] int[] SampleIds,
    [property: Id(3)] int Channels,
    [property: Id(4)] int Height,
    [property: Id(5)] int Width);
