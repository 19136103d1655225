namespace Afa.Attacks;

/// <summary>What <see cref="Apgd"/> raises.</summary>
public enum ApgdLoss
{
    CrossEntropy,

    /// <summary><see cref="Losses.DlrLoss.Untargeted"/>.</summary>
    Dlr,

    /// <summary><see cref="Losses.DlrLoss.Targeted"/>, for one target class after the other.</summary>
    TargetedDlr,
}
