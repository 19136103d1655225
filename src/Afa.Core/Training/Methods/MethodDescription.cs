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

    internal Func<Replica, ITrainingMethod> Create { get; }
}
