using Afa.Attacks;
using Afa.Data;
using Afa.Federation;
using Afa.Training;

namespace Afa.Client.Output;

/// <summary>Estimated work of a federation in passes of one image through the network, as <see cref="StepCost"/> counts them.</summary>
internal sealed record FederationWork(double Training, double Evaluation)
{
    public double Total => Training + Evaluation;

    /// <summary>Returns null where only the owners' silos know how many images there are.</summary>
    /// <param name="options">Valid ones.</param>
    public static FederationWork? Of(FederationOptions options)
    {
        if (TrainingImages(options) is not { } images)
        {
            return null;
        }

        var training = options.LocalTraining();
        var perRound = options.LocalSteps > 0
            ? (double)options.PerRound * options.LocalSteps * training.BatchSize
            : (double)images * options.PerRound / options.Count * options.LocalEpochs;
        var headRounds = options.TotalRounds - options.Rounds;
        var passes = AttackCascade.Parse(options.Evaluation.Attacks, training.Attack.Norm).SelectMany(cascade => cascade.Stages).Sum(stage => (double)stage.Description.Passes);
        return new(
            perRound * (options.Rounds * StepCost.OfFirstPhase(training) + headRounds * StepCost.OfHead(training)),
            (double)Judged(options) * options.Count * options.Evaluation.Images * (1 + passes));
    }

    /// <summary>Training images of an experiment; null if they are the owners', or cannot be counted here.</summary>
    public static int? TrainingImages(FederationOptions options)
    {
        if (options.Owners.Count > 0)
        {
            return null;
        }

        try
        {
            return options.Training.TrainImages > 0 ? options.Training.TrainImages : DatasetLoader.CountTrainingImages(options.Training.Dataset);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>How many models are judged.</summary>
    private static int Judged(FederationOptions options)
    {
        var (rounds, every) = (options.TotalRounds, options.Evaluation.EveryRounds);
        return (every == 0 ? 1 : rounds / every + (rounds % every == 0 ? 0 : 1)) + options.Evaluation.Checkpoints.Count;
    }
}
