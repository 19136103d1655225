namespace Afa.Data;

/// <summary>What happens to the images that do not fill the last batch of an epoch.</summary>
public enum LastBatch
{
    /// <summary>They form a smaller batch.</summary>
    Keep,

    /// <summary>They wait for another epoch, which has another order.</summary>
    Drop,
}
