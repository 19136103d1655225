namespace Afa.Training.Methods;

/// <summary>The methods that a run can name.</summary>
public static class TrainingMethods
{
    private const string NothingAdversarial = "its loss has no adversarial images";

    private static readonly Dictionary<TrainingMethod, MethodDescription> s_methods = new()
    {
        [TrainingMethod.Afa] = new("Adversarial Feature Alignment of the features, then a linear head", replica => new AfaFeatures(replica)) { TrainsFeaturesFirst = true, LearnsFromBothKinds = true },
        [TrainingMethod.AfaTrades] = new("TRADES and Adversarial Feature Alignment together", replica => new AfaTrades(replica)) { LearnsFromBothKinds = true },
        [TrainingMethod.Ce] = new("cross-entropy on clean images", replica => new CrossEntropy(replica)) { Attacks = false, NoWeightPerturbation = NothingAdversarial },
        [TrainingMethod.PgdAt] = new("cross-entropy on PGD images (Madry et al. 2018)", replica => new PgdAdversarialTraining(replica)),
        [TrainingMethod.Trades] = new("cross-entropy on clean images, plus divergence from images nearby (Zhang et al. 2019)", replica => new Trades(replica)) { LearnsFromBothKinds = true },
        [TrainingMethod.Mart] = new("boosted cross-entropy on PGD images, plus divergence weighted by clean mistakes (Wang et al. 2020)", replica => new Mart(replica)) { LearnsFromBothKinds = true, TakesLabelSmoothing = false },
        [TrainingMethod.Supcon] = new("supervised contrastive loss on two views of clean images, then a linear head (Khosla et al. 2020)", replica => new Supcon(replica))
        {
            TrainsFeaturesFirst = true,
            Attacks = false,
            ViewsPerImage = 2,
            NoWeightPerturbation = NothingAdversarial,
        },
        [TrainingMethod.FastAt] = new("cross-entropy on images of one step from a random start (Wong et al. 2020)", replica => new FastAt(replica)),
        [TrainingMethod.FreeAt] = new("cross-entropy, each batch replayed with images and weights moved by one backward pass (Shafahi et al. 2019)", replica => new FreeAt(replica))
        {
            AttacksInTrainingPass = true,
            NoWeightPerturbation = "its point is to have no pass but the one that moves images and weights",
        },
    };

    /// <summary>What is known of a method.</summary>
    /// <exception cref="ArgumentException">The method is not known.</exception>
    public static MethodDescription Get(TrainingMethod method) =>
        s_methods.TryGetValue(method, out var description)
            ? description
            : throw new ArgumentException($"Unknown method '{method}'; known: {string.Join(", ", s_methods.Keys)}.", nameof(method));

    /// <summary>Name of the phase that a run starts with.</summary>
    public static string FirstPhase(TrainingMethod method) => Get(method).TrainsFeaturesFirst ? TrainingPhase.Features : TrainingPhase.Training;

    /// <summary>Augmented views of each image that a step of a phase takes.</summary>
    public static int ViewsPerImage(TrainingMethod method, string phase) => phase == TrainingPhase.Head ? 1 : Get(method).ViewsPerImage;

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
