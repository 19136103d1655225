namespace Afa.Attacks;

/// <summary>How the size of a perturbation is measured, over all pixels of an image.</summary>
public enum AttackNorm
{
    /// <summary>The largest change of any pixel.</summary>
    Linf,

    /// <summary>The Euclidean length of the change.</summary>
    L2,

    /// <summary>The sum of the changes' absolute values. For evaluation only.</summary>
    L1,
}
