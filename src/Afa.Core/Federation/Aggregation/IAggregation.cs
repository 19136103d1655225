namespace Afa.Federation.Aggregation;

/// <summary>How the updates of one round become one: everything that depends on whole updates is decided, and what is left is done slice by slice.</summary>
public interface IAggregation
{
    /// <summary>Computes a slice of the aggregate from that slice of each update.</summary>
    /// <param name="slices">The same coordinates of each update, in the order of the round; not changed.</param>
    /// <param name="combined">Receives the aggregate: as long as each slice, and not one of them.</param>
    /// <remarks>May be called for several slices at a time. The cut into slices does not change a bit of the result.</remarks>
    /// <exception cref="ArgumentException">There are more or fewer slices than updates, or they differ in length.</exception>
    /// <exception cref="InvalidDataException">A value of the aggregate is not finite: more updates hold such values than the rule withstands.</exception>
    void Combine(IReadOnlyList<ReadOnlyMemory<float>> slices, Span<float> combined);

    /// <summary>Ascending indices of the updates that Krum, Multi-Krum or Bulyan chose; null of a rule that uses all, and if the updates were mixed before.</summary>
    IReadOnlyList<int>? Chosen { get; }
}
