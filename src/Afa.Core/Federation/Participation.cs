using Afa.Compute;

namespace Afa.Federation;

/// <summary>Draws the participants of each round.</summary>
public static class Participation
{
    /// <summary>
    /// Returns the numbers of those that are asked in a round, ascending. It depends on seed and round alone, so a round that is repeated asks the same.
    /// </summary>
    /// <param name="round">From 0.</param>
    /// <remarks>
    /// Without noise, <see cref="FederationOptions.PerRound"/> of them without replacement: McMahan et al. 2017. With noise, each for itself with
    /// probability <see cref="FederationOptions.Fraction"/>, perhaps none, as the accountant assumes: McMahan et al. 2018 (arXiv:1710.06963).
    /// Departure: the draws follow from the run's seed, so whoever knows that knows who takes part, and then sampling amplifies no privacy.
    /// </remarks>
    public static int[] Draw(FederationOptions options, int round)
    {
        var draws = new SeededDraws(Seed.Derive(options.Training.Seed, (ulong)SeedUse.Participation, (ulong)round));
        if (options.Privacy.NoiseMultiplier > 0)
        {
            return [.. Enumerable.Range(0, options.Count).Where(_ => draws.Unit() < options.Fraction)];
        }

        int[] all = [.. Enumerable.Range(0, options.Count)];
        draws.Shuffle(all.AsSpan());
        return [.. all.Take(options.PerRound).Order()];
    }
}
