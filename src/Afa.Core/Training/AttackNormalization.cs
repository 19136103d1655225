namespace Afa.Training;

/// <summary>What batch norm does while the attack inside training runs.</summary>
public enum AttackNormalization
{
    /// <summary>Running statistics: the attacked network is the one that is evaluated, and an image's attack does not depend on the others. As TRADES.</summary>
    Eval,

    /// <summary>Statistics of the batch, and every step of the attack moves the running ones. As ASCL.</summary>
    Train,

    /// <summary>Statistics of the batch, and the running ones stay. As DM-Improves-AT.</summary>
    FrozenTracking,
}
