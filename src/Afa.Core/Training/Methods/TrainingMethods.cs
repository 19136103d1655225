namespace Afa.Training.Methods;

/// <summary>The methods that a run can name.</summary>
public static class TrainingMethods
{
    private static readonly Dictionary<TrainingMethod, MethodDescription> s_methods = new()
    {
        [TrainingMethod.Afa] = new("Adversarial Feature Alignment of the features, then a linear head", replica => new AfaFeatures(replica)) { TrainsFeaturesFirst = true },
        [TrainingMethod.AfaTrades] = new("TRADES and Adversarial Feature Alignment together", replica => new AfaTrades(replica)),
        [TrainingMethod.Ce] = new("cross-entropy on clean images", replica => new CrossEntropy(replica)) { Attacks = false },
        [TrainingMethod.PgdAt] = new("cross-entropy on PGD images", replica => new PgdAdversarialTraining(replica)),
        [TrainingMethod.Trades] = new("cross-entropy on clean images, and predictions near them alike", replica => new Trades(replica)),
    };

    /// <summary>What is known of a method.</summary>
    /// <exception cref="ArgumentException">The method is not known.</exception>
    public static MethodDescription Get(TrainingMethod method) =>
        s_methods.TryGetValue(method, out var description)
            ? description
            : throw new ArgumentException($"Unknown method '{method}'; known: {string.Join(", ", s_methods.Keys)}.", nameof(method));

    /// <summary>Name of the phase that a run starts with.</summary>
    public static string FirstPhase(TrainingMethod method) => Get(method).TrainsFeaturesFirst ? TrainingPhase.Features : TrainingPhase.Training;

    /// <exception cref="InvalidOperationException">The method has no such phase.</exception>
    internal static ITrainingMethod Create(TrainingMethod method, string phase, Replica replica)
    {
        var description = Get(method);
        if (phase == FirstPhase(method))
        {
            return description.Create(replica);
        }

        return phase == TrainingPhase.Head && description.TrainsFeaturesFirst
            ? new LinearHead(replica)
            : throw new InvalidOperationException($"The method {method} has no phase '{phase}'.");
    }
}
