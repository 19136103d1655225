using Afa.Compute;
using Afa.Federation.Aggregation;

namespace Afa.Tests.Federation.Aggregation;

/// <summary>The rules as the papers write them: in float64, on whole vectors, each distance from its vectors.</summary>
internal static class WholeVectorAggregation
{
    public static double[] Aggregate(AggregationOptions options, double[][] updates, double[] weights, ulong seed)
    {
        var f = options.Byzantine;
        var x = options.Before switch
        {
            PreAggregation.NearestNeighborMixing => NearestNeighborMixing(updates, f),
            PreAggregation.Bucketing => Bucketing(updates, options.BucketSize, seed),
            _ => updates,
        };
        var n = x.Length;
        return options.Rule switch
        {
            AggregationRuleKind.Mean => options.Before == PreAggregation.None ? WeightedMean(x, weights) : Mean(x),
            AggregationRuleKind.Median => ByCoordinate(x, Median),
            AggregationRuleKind.TrimmedMean => ByCoordinate(x, values => values.Order().Skip(f).Take(n - (2 * f)).Average()),
            AggregationRuleKind.Krum => x[KrumOrder(x, n - f - 2)[0]],
            AggregationRuleKind.MultiKrum => Mean([.. KrumOrder(x, n - f - 2).Take(n - f).Select(i => x[i])]),
            AggregationRuleKind.Bulyan => Bulyan(x, f),
            AggregationRuleKind.GeometricMedian => GeometricMedian(x, f, options.Iterations),
            AggregationRuleKind.NormClipping => NormClipping(x, options.ClipNorm),
            AggregationRuleKind.CenteredClipping => CenteredClipping(x, options.ClipNorm, options.Iterations),
            _ => throw new ArgumentOutOfRangeException(nameof(options)),
        };
    }

    private static double[][] NearestNeighborMixing(double[][] x, int f) =>
        [.. x.Select(own => Mean([.. Enumerable.Range(0, x.Length).OrderBy(j => Squared(own, x[j])).Take(x.Length - f).Order().Select(j => x[j])]))];

    private static double[][] Bucketing(double[][] x, int size, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, x.Length)];
        new SeededDraws(Seed.Derive(seed, (ulong)SeedUse.Buckets)).Shuffle<int>(order);
        return [.. order.Select(i => x[i]).Chunk(size).Select(Mean)];
    }

    private static int[] KrumOrder(double[][] x, int neighbors)
    {
        double Score(int i, int count) => x.Where((_, j) => j != i).Select(other => Squared(x[i], other)).Order().Take(count).Sum();
        return [.. Enumerable.Range(0, x.Length).OrderBy(i => Score(i, neighbors)).ThenBy(i => Score(i, neighbors + 1))];
    }

    private static double[] Bulyan(double[][] x, int f)
    {
        var left = x.ToList();
        var selected = new List<double[]>();
        while (selected.Count < x.Length - (2 * f))
        {
            var best = KrumOrder([.. left], Math.Max(1, left.Count - f - 2))[0];
            selected.Add(left[best]);
            left.RemoveAt(best);
        }

        return ByCoordinate([.. selected], values =>
        {
            var median = Median(values);
            return values.OrderBy(value => Math.Abs(value - median)).Take(values.Length - (2 * f)).Average();
        });
    }

    private static double[] GeometricMedian(double[][] x, int f, int iterations)
    {
        var medoid = x.MinBy(own => x.Sum(other => Math.Sqrt(Squared(own, other))))!;
        var z = Mean([.. x.OrderBy(other => Squared(medoid, other)).Take(x.Length - f)]);
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            z = WeightedMean(x, [.. x.Select(own => 1 / Math.Max(1e-6, Math.Sqrt(Squared(own, z))))]);
        }

        return z;
    }

    private static double[] NormClipping(double[][] x, double? norm)
    {
        var tau = norm ?? Median([.. x.Select(Norm)]);
        return Mean([.. x.Select(own => Scaled(own, Math.Min(1, tau / Norm(own))))]);
    }

    private static double[] CenteredClipping(double[][] x, double? norm, int iterations)
    {
        var tau = norm ?? Median([.. x.Select(Norm)]);
        var v = new double[x[0].Length];
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            var differences = x.Select(own => own.Zip(v, (a, b) => a - b).ToArray());
            var step = Mean([.. differences.Select(difference => Scaled(difference, Math.Min(1, tau / Norm(difference))))]);
            v = [.. v.Zip(step, (a, b) => a + b)];
        }

        return v;
    }

    private static double[] ByCoordinate(double[][] x, Func<double[], double> rule) =>
        [.. Enumerable.Range(0, x[0].Length).Select(coordinate => rule([.. x.Select(own => own[coordinate])]))];

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static double[] Mean(double[][] x) => WeightedMean(x, [.. x.Select(_ => 1.0)]);

    private static double[] WeightedMean(double[][] x, double[] weights) => ByCoordinate(x, values => values.Zip(weights, (value, weight) => value * weight).Sum() / weights.Sum());

    private static double[] Scaled(double[] x, double factor) => Array.ConvertAll(x, value => value * factor);

    private static double Squared(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();

    private static double Norm(double[] a) => Math.Sqrt(a.Sum(x => x * x));
}
