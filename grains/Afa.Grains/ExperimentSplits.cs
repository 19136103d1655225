using Afa.Data;
using Afa.Federation;

namespace Afa.Grains;

/// <summary>How the images of experiments are dealt: computed once for all participants on a silo, and kept of the experiments that were asked for last.</summary>
internal sealed class ExperimentSplits
{
    /// <summary>A split holds a number for each image. More experiments than these at a time cost time and no memory.</summary>
    private const int Most = 4;

    private readonly Lock _lock = new();
    private readonly List<(string OptionsJson, Lazy<ExperimentSplit> Split)> _newestLast = [];

    /// <summary>The split of an experiment. Whoever asks for one that another is dealing waits for that.</summary>
    /// <param name="optionsJson">All that decides it, beside the files of the data set.</param>
    /// <param name="deal">Called if it is not known. If it throws, nothing is kept, so that the next one tries again.</param>
    public ExperimentSplit Get(string optionsJson, Func<ExperimentSplit> deal)
    {
        var entry = (optionsJson, Split: Touch(optionsJson, deal));
        try
        {
            return entry.Split.Value;
        }
        catch
        {
            lock (_lock)
            {
                _newestLast.Remove(entry);
            }

            throw;
        }
    }

    private Lazy<ExperimentSplit> Touch(string optionsJson, Func<ExperimentSplit> deal)
    {
        lock (_lock)
        {
            var known = _newestLast.FindIndex(kept => kept.OptionsJson == optionsJson);
            var split = known < 0 ? new Lazy<ExperimentSplit>(deal) : _newestLast[known].Split;
            if (known >= 0 || _newestLast.Count == Most)
            {
                _newestLast.RemoveAt(Math.Max(known, 0));
            }

            _newestLast.Add((optionsJson, split));
            return split;
        }
    }
}

/// <summary>By participant, ascending indices of its images into the data set.</summary>
internal sealed record ExperimentSplit(int[][] Train, int[][] Test)
{
    /// <inheritdoc cref="ParticipantPlan.Train"/>
    public static ExperimentSplit Deal(ImageDataset train, ImageDataset test, FederationOptions options)
    {
        var plan = ParticipantPlan.Train(train, options);
        return new(plan, ParticipantPlan.Test(train, plan, test, options));
    }
}
