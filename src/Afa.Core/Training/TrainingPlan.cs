using Afa.Training.Methods;

namespace Afa.Training;

/// <summary>The steps of a run, laid out from its options alone: what every process computes alike.</summary>
public sealed class TrainingPlan
{
    private readonly IReadOnlyList<TrainingPhase> _phases;

    /// <param name="smallestShard">Images of the smallest shard. A step takes as many from each, so an epoch ends with that shard; incomplete batches are left out.</param>
    /// <exception cref="ArgumentException">The shard holds less than one step needs.</exception>
    public TrainingPlan(TrainingOptions options, int smallestShard)
        : this(options, options.BatchSize / options.Shards, smallestShard / (options.BatchSize / options.Shards))
    {
        if (StepsPerEpoch == 0)
        {
            throw new ArgumentException(
                $"A step takes {ImagesPerShard} images from each of {options.Shards} shards, but the smallest shard holds {smallestShard}. Use fewer shards, a smaller batch or more images.");
        }
    }

    private TrainingPlan(TrainingOptions options, int imagesPerShard, int stepsPerEpoch)
    {
        (ImagesPerShard, StepsPerEpoch) = (imagesPerShard, stepsPerEpoch);
        _phases = TrainingMethods.Get(options.Method).TrainsFeaturesFirst
            ? [
                new(TrainingPhase.Features, options.Epochs, options.Optimizer.LearningRate, StepCost.OfFirstPhase(options)),
                new(TrainingPhase.Head, options.Head.Epochs, options.Head.LearningRate, StepCost.OfHead(options)),
            ]
            : [new(TrainingPhase.Training, options.Epochs, options.Optimizer.LearningRate, StepCost.OfFirstPhase(options))];
    }

    /// <summary>Lays out epochs of a length that does not follow from the images: a federation's rounds.</summary>
    /// <param name="imagesPerShard">Images of a step, at least 1.</param>
    /// <param name="stepsPerEpoch">At least 1.</param>
    internal static TrainingPlan OfLength(TrainingOptions options, int imagesPerShard, int stepsPerEpoch) => new(options, imagesPerShard, stepsPerEpoch);

    /// <summary>Images that a step takes from each shard.</summary>
    public int ImagesPerShard { get; }

    public int StepsPerEpoch { get; }

    /// <summary>Epochs over all phases.</summary>
    public int Epochs => _phases.Sum(phase => phase.Epochs);

    /// <summary>Steps over all phases.</summary>
    public long Steps => (long)Epochs * StepsPerEpoch;

    /// <summary>Share of the run's work that is done after so many steps, [0, 1]: an estimate, for the time left.</summary>
    public double ShareDone(long steps)
    {
        var (done, all) = (0.0, 0.0);
        foreach (var phase in _phases)
        {
            var phaseSteps = (long)phase.Epochs * StepsPerEpoch;
            done += phase.StepCost * Math.Clamp(steps, 0, phaseSteps);
            all += phase.StepCost * phaseSteps;
            steps -= phaseSteps;
        }

        return done / all;
    }

    /// <summary>Where a step stands.</summary>
    /// <param name="step">Counted from 0 over all phases.</param>
    public TrainingPosition At(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, Steps);

        var epoch = (int)(step / StepsPerEpoch);
        var first = 0;
        foreach (var phase in _phases)
        {
            if (epoch < first + phase.Epochs)
            {
                return new TrainingPosition(
                    step, phase, epoch, (int)(step % StepsPerEpoch), step - (long)first * StepsPerEpoch, (long)phase.Epochs * StepsPerEpoch,
                    IsEpochEnd: (step + 1) % StepsPerEpoch == 0,
                    IsPhaseEnd: step + 1 == (long)(first + phase.Epochs) * StepsPerEpoch);
            }

            first += phase.Epochs;
        }

        throw new InvalidOperationException($"Step {step} lies in no phase.");
    }
}

/// <summary>A part of a run with its own parameters to train and its own schedule.</summary>
/// <param name="LearningRate">Peak of the schedule.</param>
/// <param name="StepCost">Estimated cost of a step against those of the run's other phases.</param>
public sealed record TrainingPhase(string Name, int Epochs, double LearningRate, double StepCost)
{
    /// <summary>Pre-training of the features, in AFA and SupCon.</summary>
    public const string Features = "features";

    /// <summary>The linear head on pre-trained features.</summary>
    public const string Head = "head";

    /// <summary>The only phase of the other methods.</summary>
    public const string Training = "training";
}

/// <summary>Where a step stands in a run.</summary>
/// <param name="Step">From 0, over all phases.</param>
/// <param name="Epoch">From 0, over all phases.</param>
/// <param name="StepInEpoch">From 0.</param>
/// <param name="StepInPhase">From 0.</param>
public sealed record TrainingPosition(
    long Step, TrainingPhase Phase, int Epoch, int StepInEpoch, long StepInPhase, long PhaseSteps, bool IsEpochEnd, bool IsPhaseEnd);
