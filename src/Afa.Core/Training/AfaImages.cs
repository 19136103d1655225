namespace Afa.Training;

/// <summary>Which adversarial images the AFA term of <see cref="TrainingMethod.AfaTrades"/> is computed on.</summary>
public enum AfaImages
{
    /// <summary>Those of TRADES: one attack for both terms.</summary>
    Trades,

    /// <summary>Those of AFA's own attack, a second one in each step.</summary>
    Afa,
}
