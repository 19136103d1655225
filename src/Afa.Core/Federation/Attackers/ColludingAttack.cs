namespace Afa.Federation.Attackers;

/// <summary>What malicious participants send who know the updates of the others. All send the same.</summary>
public static class ColludingAttack
{
    /// <summary>Whether <see cref="Apply"/> changes updates.</summary>
    public static bool Colludes(AttackerKind kind) => kind is AttackerKind.Alie or AttackerKind.InnerProduct;

    /// <summary>Replaces the attackers' updates in place, coordinate by coordinate, so that the cut into slices does not matter. Does nothing under another kind of attack.</summary>
    /// <param name="options">Kind, and scale or z.</param>
    /// <param name="slices">The same coordinates of each update of the round.</param>
    /// <param name="isAttacker">Whose updates are replaced, in the same order.</param>
    /// <remarks>
    /// ALIE sends mean − z · standard deviation of the honest updates, the deviation with divisor n, as in the authors' code. There the attackers estimate both from updates of
    /// their own; here they know the honest ones, which is the stronger attack.
    /// </remarks>
    /// <exception cref="ArgumentException">The lists or slices differ in length, or all are attackers.</exception>
    public static void Apply(AttackerOptions options, IReadOnlyList<Memory<float>> slices, IReadOnlyList<bool> isAttacker)
    {
        if (!Colludes(options.Kind))
        {
            return;
        }

        Check(slices, isAttacker);
        var attackers = isAttacker.Count(attacks => attacks);
        if (attackers == 0)
        {
            return;
        }

        var (ofMean, ofDeviation) = options.Kind == AttackerKind.Alie
            ? (1.0, -(options.AlieZ ?? AlieZ(slices.Count, attackers)))
            : (-(options.Scale ?? 1), 0.0);
        for (var coordinate = 0; coordinate < slices[0].Length; coordinate++)
        {
            var (mean, deviation) = Honest(slices, isAttacker, coordinate);
            var malicious = (float)((ofMean * mean) + (ofDeviation * deviation));
            for (var i = 0; i < slices.Count; i++)
            {
                if (isAttacker[i])
                {
                    slices[i].Span[coordinate] = malicious;
                }
            }
        }
    }

    /// <summary>z of "a little is enough": Baruch et al. 2019 (arXiv:1902.06156), algorithm 3. The largest z at which enough honest updates lie farther out than the attackers to make these part of a majority.</summary>
    /// <param name="updates">n, attackers among them.</param>
    /// <param name="attackers">f, from 1 to n − 1.</param>
    /// <returns>Φ⁻¹((n − f − s) / (n − f)) with s = ⌊n / 2 + 1⌋ − f supporters; at least 0.</returns>
    /// <remarks>
    /// With few attackers there is no such z (n = 10, f = 2 gives exactly 0, and the attackers send the mean): set <see cref="AttackerOptions.AlieZ"/>.
    /// Attackers that are a majority by themselves are given one supporter, without whom z has no bound.
    /// </remarks>
    public static double AlieZ(int updates, int attackers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attackers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(attackers, updates);
        var honest = updates - attackers;
        var supporters = Math.Max(1, (updates / 2) + 1 - attackers);
        return honest > 2 * supporters ? NormalDistribution.Quantile((double)(honest - supporters) / honest) : 0;
    }

    private static (double Mean, double Deviation) Honest(IReadOnlyList<Memory<float>> slices, IReadOnlyList<bool> isAttacker, int coordinate)
    {
        var (count, mean, squares) = (0, 0.0, 0.0);   // Welford 1962: no difference of large sums.
        for (var i = 0; i < slices.Count; i++)
        {
            if (!isAttacker[i])
            {
                count++;
                var difference = slices[i].Span[coordinate] - mean;
                mean += difference / count;
                squares += difference * (slices[i].Span[coordinate] - mean);
            }
        }

        return (mean, Math.Sqrt(squares / count));
    }

    private static void Check(IReadOnlyList<Memory<float>> slices, IReadOnlyList<bool> isAttacker)
    {
        if (slices.Count != isAttacker.Count)
        {
            throw new ArgumentException($"isAttacker must have {slices.Count} entries, one for each slice, not {isAttacker.Count}.", nameof(isAttacker));
        }

        if (isAttacker.All(attacks => attacks))
        {
            throw new ArgumentException("At least one participant must be honest: attackers that collude start from the honest updates.", nameof(isAttacker));
        }

        if (slices.Any(slice => slice.Length != slices[0].Length))
        {
            throw new ArgumentException($"All slices must hold the same coordinates, not {string.Join(", ", slices.Select(slice => slice.Length))}.", nameof(slices));
        }
    }
}
