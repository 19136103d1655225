using Afa.Training;

namespace Afa.Federation;

/// <summary>The steps of one participant, laid out from the options and the number of its images alone.</summary>
/// <remarks>
/// Steps are counted over all rounds of the federation, whether the participant took part or not, and its passes over its images go on over the
/// rounds: with one local step and as many images each, a federation draws the batches of a data-parallel run. The learning rate follows the
/// rounds of the phase, whose milestones in epochs are rounds; the warm-up of weight perturbation counts passes.
/// </remarks>
internal sealed class LocalPlan
{
    private readonly TrainingPlan _plan;
    private readonly int _stepsPerPass;

    /// <param name="images">The participant's. If they are fewer than a batch, one batch of all of them is a pass.</param>
    /// <exception cref="ArgumentException">They are too few to train on.</exception>
    public LocalPlan(FederationOptions options, int images)
    {
        if (images < 2)
        {
            throw new ArgumentException($"A participant needs at least 2 images to train on, not {images}. Use fewer participants, more images or another split.", nameof(images));
        }

        Batch = Math.Min(options.Training.BatchSize, images);
        if (options.Training.Generated.Originals(Batch) < 1)
        {
            throw new ArgumentException($"Generated.Fraction {options.Training.Generated.Fraction} leaves no own image in a batch of {Batch}. Use a smaller fraction.", nameof(images));
        }

        _stepsPerPass = images / Batch;
        Steps = options.LocalSteps > 0 ? options.LocalSteps : checked(options.LocalEpochs * _stepsPerPass);
        _plan = TrainingPlan.OfLength(options.LocalTraining(), Batch, Steps);
    }

    /// <summary>Images of a step.</summary>
    public int Batch { get; }

    /// <summary>Steps of a round.</summary>
    public int Steps { get; }

    /// <summary>Where a step stands; its epoch is the participant's own pass.</summary>
    /// <param name="round">From 0, over all phases.</param>
    /// <param name="step">Of the round, from 0.</param>
    public TrainingPosition At(int round, int step)
    {
        var position = _plan.At((long)round * Steps + step);
        return position with
        {
            Epoch = checked((int)(position.Step / _stepsPerPass)),
            StepInEpoch = (int)(position.Step % _stepsPerPass),
            IsEpochEnd = (position.Step + 1) % _stepsPerPass == 0,
        };
    }
}
