using Afa.Compute;

namespace Afa.Federation;

/// <summary>Draws the participants of each round.</summary>
public static class Participation
{
    /// <summary>
    /// Returns the numbers of those that are asked in a round, ascending. It depends on seed and round alone, so a round that is repeated asks the same.
    /// </summary>
    /// <param name="round">From 0.</param>
    /// <remarks>Without replacement: McMahan et al. 2017 (arXiv:1602.05629). Whoever knows the seed knows who takes part, so the draw amplifies no privacy, and none is accounted for it.</remarks>
    public static int[] Draw(FederationOptions options, int round)
    {
        var draws = new SeededDraws(Seed.Derive(options.Training.Seed, (ulong)SeedUse.Participation, (ulong)round));
        int[] all = [.. Enumerable.Range(0, options.Count)];
        draws.Shuffle(all.AsSpan());
        return [.. all.Take(options.PerRound).Order()];
    }
}
