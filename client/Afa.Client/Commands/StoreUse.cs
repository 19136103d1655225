namespace Afa.Client.Commands;

/// <summary>What a command needs of its store.</summary>
internal enum StoreUse
{
    /// <summary>It is there.</summary>
    Read,

    /// <summary>It is there and can be written to.</summary>
    Extend,

    /// <summary>It can be written to; it is created if it is missing.</summary>
    Create,
}
