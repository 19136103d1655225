namespace Afa.Attacks;

/// <summary>An attack that an evaluation can name.</summary>
/// <param name="Name">As users write it.</param>
/// <param name="Description">One sentence with its source.</param>
/// <param name="Norms">Those it works in.</param>
/// <param name="Passes">Forward passes for an image that withstands it, a backward pass counted as one more: for estimates of time.</param>
/// <param name="Create">Makes the attack with the reference's settings for a norm.</param>
public sealed record AttackDescription(
    string Name, string Description, AttackKind Kind, IReadOnlyList<AttackNorm> Norms, int Passes, Func<AttackNorm, IAttack> Create)
{
    /// <summary>Classes that the data set must have at least.</summary>
    public int LeastClasses { get; init; } = 2;

    /// <summary>Channels that an image must have at least, for the attack to do anything.</summary>
    public int LeastChannels { get; init; } = 1;

    /// <summary>Checkpoint in the store that a transfer attack takes its gradients from; else null.</summary>
    public string? SourceCheckpoint { get; init; }
}
