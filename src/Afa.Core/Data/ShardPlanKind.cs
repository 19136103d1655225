namespace Afa.Data;

/// <summary>How images are dealt to shards.</summary>
public enum ShardPlanKind
{
    /// <summary>Each shard is a run of consecutive images. Needs no seed.</summary>
    Contiguous,

    /// <summary>Image i goes to shard i modulo the number of shards. Needs no seed.</summary>
    RoundRobin,

    /// <summary>Each shard has its part of each class, drawn at random.</summary>
    ClassBalanced,
}
