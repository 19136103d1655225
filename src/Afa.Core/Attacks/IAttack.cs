namespace Afa.Attacks;

/// <summary>Looks for adversarial images near given ones.</summary>
/// <remarks>
/// The outcome for a sample depends on the model, the image, the label, the sample's id and the seed, and not on the images beside it,
/// up to the rounding of the engine's sums. The reference implementations draw for a whole batch, so agreement with them is statistical.
/// </remarks>
public interface IAttack
{
    /// <summary>Attacks images that the model classifies correctly.</summary>
    /// <exception cref="ArgumentException">The attack does not know the norm, or the model has too few classes for it.</exception>
    AttackOutcome Run(AttackInput input);
}
