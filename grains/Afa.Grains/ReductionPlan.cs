namespace Afa.Grains;

/// <summary>Where the trainers of an attempt are, and what of the sum of their gradients is formed where.</summary>
/// <remarks>
/// <para>A sum of float32 values depends on the order of its additions, and a run promises the same weights wherever its trainers are placed after a
/// failure. So the order is that of the ranks, ((g₀ + g₁) + g₂) + …, whatever the placement; a sum over silos of sums within silos is another one.</para>
/// <para>What this leaves to a silo is the start of the chain: the ranks from 0 on that share a silo are added up there and cross the wire as one
/// part. The others are one part each, from one caller for each silo, which alone gets the sum. Trainers on one silo need no wire at all.</para>
/// </remarks>
internal sealed class ReductionPlan
{
    /// <param name="placement">The silo of each rank.</param>
    public ReductionPlan(IReadOnlyList<SiloAddress> placement)
    {
        Placement = placement;
        Silos = [.. placement.Distinct()];
        var head = placement.TakeWhile(silo => silo.Equals(placement[0])).Count();
        Parts = [new(placement[0], [.. Enumerable.Range(0, head)]), .. Enumerable.Range(head, placement.Count - head).Select(rank => new ReductionPart(placement[rank], [rank]))];
    }

    /// <summary>The silo of each rank.</summary>
    public IReadOnlyList<SiloAddress> Placement { get; }

    /// <summary>Each silo once, in the order of the ranks.</summary>
    public IReadOnlyList<SiloAddress> Silos { get; }

    /// <summary>What is added up between silos, in this order.</summary>
    public IReadOnlyList<ReductionPart> Parts { get; }

    /// <summary>Where a bucket belongs: the silos take turns.</summary>
    public SiloAddress BucketSilo(int bucket) => Silos[bucket % Silos.Count];

    /// <summary>The ranks on a silo, in ascending order.</summary>
    public IReadOnlyList<int> RanksOn(SiloAddress silo) => [.. Enumerable.Range(0, Placement.Count).Where(rank => Placement[rank].Equals(silo))];
}

/// <summary>One contribution to a sum between silos: the gradients of some trainers on a silo, added up in rank order.</summary>
internal sealed record ReductionPart(SiloAddress Silo, int[] Ranks);
