using System.Text.Json;
using Afa.Data;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Tests.Grains;

/// <summary>What a silo reads for whom, if some of its files are an owner's.</summary>
public sealed class OwnedFilesTests
{
    private readonly string _public = TestData.Write(trainImages: 20, testImages: 20);
    private readonly string _all = Directory.CreateTempSubdirectory("afa-owner-").FullName;

    [Fact]
    public void Cache_GivesTheOwnersFilesToTheOwnersParticipantAlone()
    {
        var own = Path.Combine(_all, "fashion-mnist");
        Directory.Move(TestData.Write(trainImages: 20, testImages: 20), own);
        var cache = new DatasetCache(new SiloOwner("a", own));

        foreach (var directory in new[] { own, _all, Path.Combine(own, "..", "fashion-mnist") })   // The second looks into the folder of that name.
        {
            Assert.Equal(20, cache.GetOwned("fashion-mnist", DataSplit.Test, directory).Count);
            Assert.Contains("belong to 'a'", Assert.Throws<ArgumentException>(() => cache.Get("fashion-mnist", DataSplit.Test, directory)).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => cache.Open("fashion-mnist", DataSplit.Train, directory));
        }

        Assert.Throws<ArgumentException>(() => cache.Get(own, DataSplit.Test, null));
        var generated = new TrainingOptions { Generated = new GeneratedOptions { Path = Path.Combine(own, "generated.npz") } };
        Assert.Throws<ArgumentException>(() => cache.GetGenerated(generated));
        Assert.Equal(20, cache.Get("fashion-mnist", DataSplit.Test, _public).Count);
    }

    [Fact]
    public async Task Evaluation_OfTheOwnersImages_WhoseExamplesWouldShowThem_IsRefused()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1, owner: _ => new SiloOwner("a", _public));
        var options = new EvaluationOptions { Checkpoints = [await StoreModelAsync(cluster)], DataDirectory = _public, Images = 20 };
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => cluster.Control.StartEvaluationAsync("e", JsonSerializer.Serialize(options, AfaJson.Options)));
        Assert.Contains("belong to 'a'", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<string> StoreModelAsync(TestCluster cluster)
    {
        const string name = "runs/fed/checkpoints/step-00000000";
        var options = new FederationOptions { Training = new TrainingOptions { Method = TrainingMethod.Ce, ModelWidth = 0.25 } };
        await cluster.Checkpoints.SaveAsync(name, ServerModel.Start(options, "fed", DateTimeOffset.UnixEpoch));
        return name;
    }
}
