namespace Afa.Training;

/// <summary>What a run minimizes.</summary>
public enum TrainingMethod
{
    /// <summary>Adversarial Feature Alignment pre-training, then a linear head.</summary>
    Afa,

    /// <summary>TRADES and Adversarial Feature Alignment together, in one phase.</summary>
    AfaTrades,

    /// <summary>Cross-entropy on clean images.</summary>
    Ce,

    /// <summary>Cross-entropy on PGD images: Madry et al. 2018.</summary>
    PgdAt,

    /// <summary>Zhang et al. 2019 (arXiv:1901.08573).</summary>
    Trades,
}
