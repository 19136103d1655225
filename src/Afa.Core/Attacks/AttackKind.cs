namespace Afa.Attacks;

/// <summary>What an attack's outcome says about a model.</summary>
public enum AttackKind
{
    /// <summary>Looks for an adversarial image within the ball; counts for the worst case.</summary>
    Bounded,

    /// <summary>Looks for the nearest adversarial image: counts for the worst case, and gives robust accuracy over all radii.</summary>
    MinimumNorm,

    /// <summary>Changes the image without regard to the ball, as weather and cameras do; does not count for the worst case.</summary>
    Corruption,
}
