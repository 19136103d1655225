namespace Afa.Compute;

/// <summary>A sequence of random integers that is the same on every platform.</summary>
/// <param name="seed">Derived by <see cref="Seed.Derive"/> from what the draws are for.</param>
internal sealed class SeededDraws(ulong seed)
{
    private ulong _drawn;

    /// <summary>Draws from [0, bound), each value with the same probability.</summary>
    /// <remarks>Lemire 2019 (arXiv:1805.10941), algorithm 5, with 64-bit words.</remarks>
    public int Below(int bound)
    {
        var range = (ulong)bound;
        var high = Math.BigMul(Next(), range, out var low);
        if (low < range)
        {
            var threshold = (0 - range) % range;
            while (low < threshold)
            {
                high = Math.BigMul(Next(), range, out low);
            }
        }

        return (int)high;
    }

    /// <summary>Puts values into random order: Durstenfeld 1964 (Fisher-Yates).</summary>
    public void Shuffle(Span<int> values)
    {
        for (var last = values.Length - 1; last > 0; last--)
        {
            var other = Below(last + 1);
            (values[last], values[other]) = (values[other], values[last]);
        }
    }

    private ulong Next() => Seed.Derive(seed, _drawn++);
}
