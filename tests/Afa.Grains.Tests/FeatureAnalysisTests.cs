using System.Text.Json;
using Afa.Evaluation.Features;
using Afa.Training;

namespace Afa.Tests.Grains;

public sealed class FeatureAnalysisTests(FeatureAnalysisTests.TrainedModel trained) : IClassFixture<FeatureAnalysisTests.TrainedModel>
{
    private static readonly string Data = TestData.Write(trainImages: 400, testImages: 100);

    private readonly TestCluster _cluster = trained.Cluster;

    private FeatureAnalysisOptions Options => new() { Checkpoint = trained.Checkpoint, DataDirectory = Data, Images = 100 };

    [Fact]
    public async Task Analysis_OfATrainedModel_IsStoredAndNotComputedAgain()
    {
        var analysis = await AnalyzeAsync(Options);

        var space = analysis.Space;
        Assert.Equal(("small-cnn", "fashion-mnist", 100, 400, "linf", "0.1"), (analysis.Model, analysis.Dataset, analysis.Images, analysis.CentroidImages, analysis.Norm, analysis.Epsilon));
        Assert.True(space.Clean.Accuracy > 0.9, $"The bars are easy to tell apart, but the clean accuracy is {space.Clean.Accuracy}.");
        Assert.True(space.Adversarial.Accuracy <= space.Clean.Accuracy && space.Adversarial.CentroidMargin < space.Clean.CentroidMargin);
        Assert.Equal(200, space.Projection.Adversarial.Count);

        // The stored result, falsified so that its use shows, serves the same question in other words.
        var blob = Assert.Single(await BlobsAsync());
        var falsified = new FeatureDocument { Analyses = [analysis with { Seconds = 12345 }] };
        await _cluster.Store.WriteAsync(blob, JsonSerializer.SerializeToUtf8Bytes(falsified, AfaJson.Options));
        Assert.Equal(12345, (await AnalyzeAsync(Options with { Epsilon = "0.1" })).Seconds);

        // One that was cut is computed again, with the same figures.
        await _cluster.Store.WriteAsync(blob, "{"u8.ToArray());
        var again = await AnalyzeAsync(Options with { Epsilon = "0.1", Dataset = "fashion-mnist" });
        Assert.Equal(JsonSerializer.Serialize(space, AfaJson.Options), JsonSerializer.Serialize(again.Space, AfaJson.Options));
        Assert.Single(await BlobsAsync());
    }

    [Fact]
    public async Task Mistake_IsRefusedEachTimeItIsMade()
    {
        for (var tries = 0; tries < 2; tries++)
        {
            var error = await Assert.ThrowsAnyAsync<ArgumentException>(() => AnalyzeAsync(Options with { Images = 101 }));
            Assert.Contains("has 100 test images here", error.Message, StringComparison.Ordinal);
        }

        await Assert.ThrowsAnyAsync<FileNotFoundException>(() => AnalyzeAsync(Options with { Checkpoint = "runs/run/checkpoints/none" }));
    }

    [Fact]
    public async Task Analysis_WithoutAFreeSlot_DoesNotLoadItsCheckpoint()
    {
        // Without weights, so that loading it would be refused.
        var checkpoint = trained.Checkpoint + "-cut";
        await foreach (var blob in _cluster.Store.ListAsync(trained.Checkpoint + "/"))
        {
            if (blob.Name.EndsWith(".json", StringComparison.Ordinal))
            {
                await _cluster.Store.WriteAsync(blob.Name.Replace(trained.Checkpoint, checkpoint, StringComparison.Ordinal), await _cluster.Store.ReadAsync(blob.Name, 1 << 20));
            }
        }

        var request = JsonSerializer.Serialize(Options with { Checkpoint = checkpoint }, AfaJson.Options);
        var leases = Enumerable.Range(0, 2).Select(_ => _cluster.Devices[0].Lease()).ToList();
        for (var polls = 0; polls < 3; polls++)
        {
            Assert.Null((await _cluster.Control.AnalyzeFeaturesAsync(request)).DocumentJson);
        }

        leases.ForEach(lease => lease.Dispose());
        await Assert.ThrowsAnyAsync<Exception>(() => AnalyzeAsync(Options with { Checkpoint = checkpoint }));
    }

    private async Task<FeatureAnalysis> AnalyzeAsync(FeatureAnalysisOptions options)
    {
        while (true)
        {
            var status = await _cluster.Control.AnalyzeFeaturesAsync(JsonSerializer.Serialize(options, AfaJson.Options));
            if (status.DocumentJson is { } json)
            {
                return JsonSerializer.Deserialize<FeatureDocument>(json, AfaJson.Options)!.Analyses.Single();
            }
        }
    }

    private async Task<List<string>> BlobsAsync()
    {
        var names = new List<string>();
        await foreach (var blob in _cluster.Store.ListAsync($"features/{trained.Checkpoint}/"))
        {
            names.Add(blob.Name);
        }

        return names;
    }

    /// <summary>A cluster with one checkpoint, for all tests.</summary>
    public sealed class TrainedModel : IAsyncLifetime
    {
        internal TestCluster Cluster { get; private set; } = null!;

        internal string Checkpoint { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Cluster = await TestCluster.StartAsync(silos: 1);
            var status = await Cluster.TrainAsync("run", new TrainingOptions
            {
                Method = TrainingMethod.Ce,
                DataDirectory = Data,
                TrainImages = 0,
                ModelWidth = 0.25,
                Epochs = 6,
                BatchSize = 40,
            });
            Checkpoint = status.Checkpoint!;
        }

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
