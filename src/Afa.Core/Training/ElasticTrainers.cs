namespace Afa.Training;

/// <summary>How many trainers a run has whose trainers come and go with the silos (<see cref="TrainingOptions.Elastic"/>).</summary>
public static class ElasticTrainers
{
    /// <summary>The largest divisor of the shards that is at most so many and at most the slots: each trainer owns as many shards, on a slot of its own.</summary>
    /// <param name="shards">At least 1.</param>
    /// <param name="most">At least 1.</param>
    /// <param name="slots">Device slots of the cluster; below 1 counts as 1, as a run that is at work has a place.</param>
    public static int Choose(int shards, int most, int slots)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var trainers = Math.Clamp(slots, 1, Math.Min(most, shards));
        while (shards % trainers != 0)
        {
            trainers--;
        }

        return trainers;
    }
}
