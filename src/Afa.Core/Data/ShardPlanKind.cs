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

    /// <summary>The shards have classes in different shares, as <see cref="DirichletPlan"/> draws them.</summary>
    Dirichlet,

    /// <summary>Each shard is one file of a converted data set.</summary>
    Stored,
}
