namespace Afa.Evaluation;

/// <summary>Robust accuracy as a function of the radius, from one run of minimum-norm attacks.</summary>
public static class RobustnessCurve
{
    private const int Points = 81;
    private const double Rounding = 1e-4;   // Norms of float32 images lie that much above a radius at most.

    /// <summary>Computes the share of images that are right and for which no smaller perturbation than each radius was found.</summary>
    /// <remarks>An upper bound of robust accuracy at every radius, as is any attack's result.</remarks>
    /// <param name="units">All units of one checkpoint at one radius; the same unit twice counts once.</param>
    /// <param name="epsilon">Radius of the evaluation; the curve goes on to twice that.</param>
    /// <returns>Empty if no minimum-norm attack ran.</returns>
    public static IReadOnlyList<CurvePoint> Of(IEnumerable<UnitOutcome> units, double epsilon)
    {
        var distinct = units.DistinctBy(unit => unit.Unit.Start).ToList();
        if (!distinct.Exists(unit => unit.Cascades.Any(cascade => cascade.Distances is not null)))
        {
            return [];
        }

        var distances = distinct.SelectMany(unit => unit.CleanCorrect.Select((isCorrect, i) => isCorrect ? Distance(unit, i) : 0)).ToList();
        return [.. Enumerable.Range(0, Points).Select(point => 2 * epsilon * point / (Points - 1))
            .Select(radius => new CurvePoint(radius, (double)distances.Count(distance => distance > radius + (Rounding * epsilon)) / distances.Count))];
    }

    /// <summary>The smallest perturbation that any attack found: bounded attacks help within the ball.</summary>
    private static double Distance(UnitOutcome unit, int sample) => unit.Cascades.Min(cascade => Math.Min(
        cascade.Distances?[sample] ?? double.PositiveInfinity,
        cascade.BrokenBy[sample] is null || cascade.Norms[sample] == 0 ? double.PositiveInfinity : cascade.Norms[sample]));
}
