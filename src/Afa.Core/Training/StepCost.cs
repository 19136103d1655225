using Afa.Training.Methods;

namespace Afa.Training;

/// <summary>
/// Estimated cost of training in passes of one image forward through the network; a backward pass counts as one for the image's gradient and as
/// two for the weights'. For the time left and for weighing runs against each other.
/// </summary>
public static class StepCost
{
    private const int ForwardAndBackward = 3;

    /// <summary>Passes for each image of a step of the first phase, or of the only one.</summary>
    public static double OfFirstPhase(TrainingOptions options)
    {
        var attack = 2 * options.Attack.Steps;
        var hasTwoAttacks = options is { Method: TrainingMethod.AfaTrades, AfaImages: AfaImages.Afa };
        var (attacks, images) = options.Method switch
        {
            TrainingMethod.Ce => (0, 1),
            TrainingMethod.Supcon => (0, TrainingMethods.Get(options.Method).ViewsPerImage),
            TrainingMethod.PgdAt => (attack, 1),
            TrainingMethod.FastAt => (2, 1),
            TrainingMethod.FreeAt => (0, options.FreeReplays),
            TrainingMethod.AfaTrades when hasTwoAttacks => (2 * attack, 3),
            _ => (attack, 2),   // Clean and adversarial.
        };
        return attacks + ForwardAndBackward * images * (options.AwpGamma > 0 ? 2 : 1);
    }

    /// <summary>Passes for each image of a step of the head phase.</summary>
    public static double OfHead(TrainingOptions options) =>
        (options.Head.Images == HeadImages.Adversarial ? 2 * options.Attack.Steps : 0) + (options.Head.Scope == HeadScope.Frozen ? 1 : ForwardAndBackward);

    /// <summary>Passes for each training image of a run, all epochs of all phases together.</summary>
    public static double OfRun(TrainingOptions options) =>
        options.Epochs * OfFirstPhase(options) + (TrainingMethods.Get(options.Method).TrainsFeaturesFirst ? options.Head.Epochs * OfHead(options) : 0);
}
