using Afa.Compute;
using Afa.Training;

namespace Afa.Grains;

/// <summary>How many trainers an attempt of a run may have: as many as its options say, or, if it is elastic, as many of them as fit the cluster.</summary>
/// <param name="devices">Of this silo; the others are taken to have as many slots.</param>
/// <param name="interval">How often to look within an epoch.</param>
internal sealed class TrainerRoom(IGrainFactory grains, DevicePool devices, TimeProvider time, TimeSpan interval, TrainingOptions options)
{
    private long _lookedAt = time.GetTimestamp();

    /// <summary>For the silos that live now.</summary>
    public async Task<int> CountAsync() =>
        options.Elastic ? ElasticTrainers.Choose(options.Shards, options.Trainers, (await grains.ActiveSilosAsync()).Count * devices.Slots) : options.Trainers;

    /// <summary>Whether silos have joined on which the run could have more trainers than it has. Looks only from time to time, as the cluster's membership is asked for.</summary>
    public async Task<bool> HasMoreThanAsync(int trainers, bool isEpochEnd)
    {
        if (trainers == options.Trainers || (!isEpochEnd && time.GetElapsedTime(_lookedAt) < interval))
        {
            return false;
        }

        _lookedAt = time.GetTimestamp();
        try
        {
            return await CountAsync() > trainers;
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            return false;   // A step must not be lost for that. If a silo has died with more of the run, the next step says so.
        }
    }
}
