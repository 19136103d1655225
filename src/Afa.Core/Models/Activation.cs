namespace Afa.Models;

/// <summary>What follows each normalization.</summary>
public enum Activation
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x · sigmoid(x), called swish in RobustBench: Elfwing et al. 2018 (arXiv:1702.03118).</summary>
    Silu,
}
