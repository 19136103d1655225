namespace Afa.Checkpoints.Interchange;

/// <summary>How pixels are to be normalized before imported weights see them.</summary>
public enum ImportNormalization
{
    /// <summary>As the file says; else by the data set's mean and deviation if the network's published class does so, and not at all with others.</summary>
    Auto,

    /// <summary>Not at all.</summary>
    None,

    /// <summary>By the data set's mean and deviation.</summary>
    Dataset,
}
