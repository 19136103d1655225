namespace Afa.Models;

/// <summary>Which layer normalizes activations.</summary>
public enum NormalizationLayer
{
    /// <summary>Ioffe and Szegedy 2015 (arXiv:1502.03167). Its statistics are of the part of the batch that one replica sees, unless they are synchronized.</summary>
    Batch,

    /// <summary>Wu and He 2018 (arXiv:1803.08494), 16 channels to a group. Knows no batch, so replicas see what one process sees.</summary>
    Group,
}
