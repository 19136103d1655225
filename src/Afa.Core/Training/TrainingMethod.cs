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

    /// <summary>Wang et al. 2020.</summary>
    Mart,

    /// <summary>Supervised contrastive pre-training on clean images, then a linear head: Khosla et al. 2020 (arXiv:2004.11362).</summary>
    Supcon,

    /// <summary>Cross-entropy on images of one attack step: Wong et al. 2020 (arXiv:2001.03994).</summary>
    FastAt,

    /// <summary>Cross-entropy on each batch several times, each update moving images and weights at once: Shafahi et al. 2019 (arXiv:1904.12843).</summary>
    FreeAt,
}
