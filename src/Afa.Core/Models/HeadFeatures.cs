namespace Afa.Models;

/// <summary>What the last linear layer reads.</summary>
public enum HeadFeatures
{
    /// <summary>The penultimate features as they are, as in SupContrast's linear evaluation.</summary>
    Raw,

    /// <summary>The penultimate features divided by their Euclidean norm: the points that a contrastive loss has moved.</summary>
    Unit,
}
