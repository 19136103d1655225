using Afa.Federation;
using Afa.Federation.Aggregation;
using Afa.Tests.Federation.Aggregation;
using Afa.Tests.Golden;
using Xunit;

namespace Afa.Tests.Federation;

/// <summary>The server's step against Flower's strategies (Golden/README.md).</summary>
public class ReferenceServerTests
{
    /// <remarks>
    /// Flower's FedAdam corrects the bias of the moments by its rate, which Reddi et al. 2021, algorithm 2, and this server do not, and starts v at 0 instead of τ²:
    /// here the server is given that rate in each round, and Flower was given that v.
    /// </remarks>
    [Theory]
    [InlineData(StrategyKind.FedAvgM, "fedavgm")]
    [InlineData(StrategyKind.FedAdam, "fedadam-from-tau2")]
    public void FiveRounds_AreThoseOfFlower(StrategyKind strategy, string name)
    {
        var golden = GoldenFile.Federation;
        var (start, expected, images) = (golden.Rows("server.start")[0], golden.Rows($"server.flower.{name}"), golden.Rows("server.images")[0]);
        var updates = golden.Rows("server.updates").Select(row => Array.ConvertAll(row, value => (float)value)).Chunk(images.Length).ToList();
        var options = SmallFederation.Options() with { Rounds = expected.Length };
        var global = SmallFederation.Start(options);
        var before = global.Model.Values("fc1.weight");
        for (var round = 0; round < expected.Length; round++)
        {
            var rate = strategy == StrategyKind.FedAvgM ? 0.5 : 0.01 * Math.Sqrt(1 - Math.Pow(0.99, round + 2)) / (1 - Math.Pow(0.9, round + 2));
            var server = new ServerModel(global, options with { Strategy = new() { Kind = strategy, ServerLearningRate = rate, ServerMomentum = 0.9, Beta1 = 0.9, Beta2 = 0.99, Tau = 1e-3 } });
            var mean = RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.Mean }, updates[round], images);
            server.Apply(0, [.. Enumerable.Range(0, (int)server.Layout.Length).Select(i => mean[i % mean.Length])], delivered: images.Length);
            global = server.Finish("small", round + 1, "parent", new Dictionary<string, double>(), SmallFederation.Now);

            // The model has other weights than Flower's six, so what is compared is how far they have moved.
            var offset = server.Layout.Parameters.Single(parameter => parameter.Name == "fc1.weight").Offset;
            var moved = global.Model.Values("fc1.weight").Zip(before, (after, value) => (double)after - value).ToArray();
            for (var i = 0; i < moved.Length; i++)
            {
                var coordinate = (int)((offset + i) % mean.Length);
                Assert.Equal(expected[round][coordinate] - start[coordinate], moved[i], 1e-6);
            }
        }
    }
}
