using Afa.Models;

namespace Afa.Training.Methods;

/// <summary>What is known of a training method without running it.</summary>
public sealed record MethodDescription
{
    /// <param name="description">In a few words, for help and lists.</param>
    /// <param name="create">Makes what computes the loss of its first phase.</param>
    internal MethodDescription(string description, Func<Replica, ITrainingMethod> create)
    {
        Description = description;
        Create = create;
    }

    /// <summary>In a few words, for help and lists.</summary>
    public string Description { get; }

    /// <summary>Whether a phase of features alone comes first and a linear head after it.</summary>
    public bool TrainsFeaturesFirst { get; init; }

    /// <summary>Whether it perturbs images.</summary>
    public bool Attacks { get; init; } = true;

    /// <summary>Whether one pass through the network serves the attack and the weights, as in Free AT, so that an attack has no pass of its own.</summary>
    public bool AttacksInTrainingPass { get; init; }

    /// <summary>Whether the weights learn from clean and from adversarial images in each step of its first phase.</summary>
    public bool LearnsFromBothKinds { get; init; }

    /// <summary>How the first weights are drawn unless the options say otherwise.</summary>
    /// <remarks>
    /// A loss of unit-length features does not see the length of the weights, so the smaller they start, the further a step turns them. For AFA on
    /// 5,000 images of Fashion-MNIST, 4 epochs, one seed, PyTorch's rule gave 0.756 clean and 0.604 against PGD-20, and He's 0.714 and 0.510. A
    /// cross-entropy on a network without normalization layers takes its first hundred steps for nothing under PyTorch's rule.
    /// </remarks>
    public WeightInitialization Initialization => TrainsFeaturesFirst ? WeightInitialization.Pytorch : WeightInitialization.He;

    /// <summary>Augmented views of each image that its first phase takes.</summary>
    public int ViewsPerImage { get; init; } = 1;

    /// <summary>Whether some part of its loss has labels to smooth.</summary>
    public bool TakesLabelSmoothing { get; init; } = true;

    /// <summary>Why its weights cannot be perturbed as well; null if they can.</summary>
    public string? NoWeightPerturbation { get; init; }

    internal Func<Replica, ITrainingMethod> Create { get; }
}
