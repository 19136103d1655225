using Afa.Federation;
using Afa.Grains;
using Afa.Training;
using SkiaSharp;

namespace Afa.Tests.Grains;

/// <summary>Owners whose images lie in folders that only their own silos have.</summary>
public sealed class OwnerFoldersTests
{
    private static readonly FederationOptions Tiny = new()
    {
        Training = new TrainingOptions { Method = TrainingMethod.Ce, Dataset = "/nowhere/scans", ImageShape = "2x3x16x16", TrainImages = 0, ModelWidth = 0.25, BatchSize = 8 },
        Owners = ["a", "b"],
        LocalSteps = 2,
        Rounds = 2,
        Evaluation = new FederatedEvaluationOptions { Attacks = ["fgsm"], MinimumCount = 2 },
    };

    [Fact]
    public async Task Federation_UsesTheFoldersOfTheOwnersSilos()
    {
        string[] folders = [WriteFolder(classes: 2), WriteFolder(classes: 2)];
        await using var cluster = await TestCluster.StartAsync(silos: 2, owner: place => new SiloOwner(Tiny.Owners[place], folders[place]));
        await Federations.CompleteAsync(cluster, "fed", Tiny);

        var document = await Federations.DocumentAsync(cluster, "fed");

        Assert.All(document.Rounds, round => Assert.Equal([0, 1], round.Delivered));
        Assert.Equal([24, 24], document.Models[^1].Counts.Select(counts => counts!.Images));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]   // The model has two classes.
    public async Task Silo_WhoseFolderHoldsOtherImages_RefusesToTakePart(int classes, bool isRefused)
    {
        var folder = WriteFolder(classes);
        await using var cluster = await TestCluster.StartAsync(silos: 1, owner: _ => new SiloOwner("a", folder));

        var problem = await cluster.Silos.Client.GetGrain<IDatasetShardGrain>("fed/0").PreparePrivateAsync(new ParticipantAssignment("fed", 0, Federations.Json(Tiny)));

        Assert.Equal(isRefused, problem is not null);
    }

    /// <summary>12 images of each class in both splits, 16 × 16 pixels of one color.</summary>
    private static string WriteFolder(int classes)
    {
        var folder = Directory.CreateTempSubdirectory("afa-owner-").FullName;
        for (var label = 0; label < classes; label++)
        {
            WriteClass(Path.Combine(folder, "train", $"class-{label}"), label);
            WriteClass(Path.Combine(folder, "test", $"class-{label}"), label);
        }

        return folder;
    }

    private static void WriteClass(string folder, int label)
    {
        Directory.CreateDirectory(folder);
        for (var i = 0; i < 12; i++)
        {
            using var bitmap = new SKBitmap(16, 16);
            bitmap.Erase(new SKColor((byte)(label * 80), (byte)(i * 5), 0));
            using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            File.WriteAllBytes(Path.Combine(folder, $"{i}.png"), png.ToArray());
        }
    }
}
