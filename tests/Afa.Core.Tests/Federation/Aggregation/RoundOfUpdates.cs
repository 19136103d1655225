using Afa.Federation.Aggregation;

namespace Afa.Tests.Federation.Aggregation;

/// <summary>Updates of a round, whole, and what an aggregation makes of them slice by slice.</summary>
internal static class RoundOfUpdates
{
    public static readonly AggregationRuleKind[] Rules = Enum.GetValues<AggregationRuleKind>();

    public static readonly PreAggregation[] PreAggregations = Enum.GetValues<PreAggregation>();

    /// <summary>Updates from a standard normal distribution around (1, 1, ...), of which the last ones are far away.</summary>
    public static float[][] Random(int seed, int count, int length, int far = 0)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => Enumerable.Range(0, length).Select(_ => (float)(i < count - far ? 1 + Normal(random) : -30 + (10 * Normal(random)))).ToArray())];
    }

    /// <summary>Numbers as updates of one coordinate.</summary>
    public static float[][] OneCoordinate(params float[] values) => Array.ConvertAll(values, value => new[] { value });

    public static IAggregation Plan(AggregationOptions options, float[][] updates, double[]? weights = null, ulong seed = 0, int slices = 1)
    {
        var distances = AggregationRules.DistancesFor(options, updates.Length);
        foreach (var slice in distances is null ? [] : Cut(updates[0].Length, slices))
        {
            distances!.Add(Slices(updates, slice));
        }

        return AggregationRules.Create(options, weights ?? [.. updates.Select(_ => 1.0)], distances, seed);
    }

    public static float[] Aggregate(AggregationOptions options, float[][] updates, double[]? weights = null, ulong seed = 0, int slices = 1) =>
        Combine(Plan(options, updates, weights, seed, slices), updates, slices);

    public static float[] Combine(IAggregation plan, float[][] updates, int slices = 1)
    {
        var combined = new float[updates[0].Length];
        foreach (var slice in Cut(combined.Length, slices))
        {
            plan.Combine(Slices(updates, slice), combined.AsSpan(slice));
        }

        return combined;
    }

    public static double Distance(IEnumerable<float> a, IEnumerable<float> b) => Math.Sqrt(a.Zip(b, (x, y) => ((double)x - y) * ((double)x - y)).Sum());

    public static double Norm(IEnumerable<float> a) => Math.Sqrt(a.Sum(x => (double)x * x));

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static IEnumerable<Range> Cut(int length, int slices) => Enumerable.Range(0, slices).Select(i => (length * i / slices)..(length * (i + 1) / slices));

    private static ReadOnlyMemory<float>[] Slices(float[][] updates, Range slice) => Array.ConvertAll(updates, update => (ReadOnlyMemory<float>)update.AsMemory(slice));
}
