namespace Afa.Losses;

/// <summary>Whether the clean prediction in the divergence of <see cref="TradesLoss"/> is trained too.</summary>
public enum TradesTarget
{
    /// <summary>The gradient flows through it, as in the authors' code.</summary>
    Attached,

    /// <summary>It is a constant, as in many later implementations.</summary>
    Detached,
}
