using Afa.Client.Control;
using Afa.Data;
using Afa.Evaluation;
using Afa.Training;
using SkiaSharp;
using Xunit;

namespace Afa.Client.Tests.Commands;

/// <summary>Data sets in folders: converted, verified, trained on.</summary>
public sealed class DataCommandsTests : IDisposable
{
    private readonly ClientHarness _client = new();

    public DataCommandsTests()
    {
        foreach (var name in new[] { "train/cat/1.png", "train/cat/2.png", "train/dog/1.png", "test/dog/1.png" })
        {
            WriteImage(name, 8);
        }
    }

    private string Images => Path.Combine(_client.Folder, "My Images");

    private string Target => Path.Combine(_client.Folder, "converted");

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Convert_Folder_CanBeVerifiedAndTrainedOn()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("data", "convert", Images, Target, "--shards", "2", "--plan", "round-robin"));
        Assert.Contains("train: 3 images in 2 files of 2, 1", _client.Output, StringComparison.Ordinal);
        Assert.Contains("test: 1 image", _client.Output, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Success, await _client.RunAsync("data", "verify", Target));
        Assert.Contains("train: 3 of 3 images", _client.Output, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Success, await _client.RunAsync("train", "--dataset", Target, "--train-images", "0"));
        Assert.Equal(["start my-images-afa-20261122-153000"], _client.Cluster.Calls);
        Assert.Equal(Target, TrainingJob.Options(Assert.Single(_client.Cluster.Runs)).Dataset);
        Assert.Equal(Target, _client.Cluster.LastEvaluation!.Dataset);
    }

    [Fact]
    public async Task Convert_Json_IsOneDocument()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("data", "convert", Images, Target, "--size", "4", "--json"));

        Assert.Equal(Target, _client.Document.GetProperty("folder").GetString());
        Assert.Equal(3, _client.Document.GetProperty("splits")[0].GetProperty("fileSizes")[0].GetInt32());
        Assert.Equal(4, DatasetRegistry.Get(Target).Height);
    }

    [Fact]
    public async Task Convert_Mistakes_AreNamedBeforeWorkStarts()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("data", "convert", Images, Target, "--shards", "0", "--dirichlet-alpha", "0"));
        Assert.StartsWith("error: 2 problems:", _client.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("data", "convert", Images, _client.Folder));
        Assert.Contains("exists already", _client.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("data", "convert", "./nowhere", Target));
        Assert.Contains("There is no folder ./nowhere", _client.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(Target));
    }

    [Fact]
    public async Task Verify_DamagedFile_FailsAndNamesIt()
    {
        await _client.RunAsync("data", "convert", Images, Target);
        var path = Path.Combine(Target, "test.afad");
        var content = await File.ReadAllBytesAsync(path);
        content[^1] ^= 1;
        await File.WriteAllBytesAsync(path, content);

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("data", "verify", Target));
        Assert.Contains($"{path} is damaged", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_Npz_CountsImages()
    {
        var path = Path.Combine(_client.Folder, "g.npz");
        await using (var file = File.Create(path))
        {
            using var npz = new NpzWriter(file);
            npz.Write("image", new byte[5 * 2 * 2 * 3], 5, 2, 2, 3);
            npz.Write("label", new[] { 0, 1, 2, 3, 4 }, 5);
        }

        Assert.Equal(ExitCode.Success, await _client.RunAsync("data", "verify", path));
        Assert.Contains("train: 5 of 5 images", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_GeneratedImages_AreOptionsOfTheRun()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("train", "--generated", "g.npz", "--generated-fraction", "0.5"));

        var options = TrainingJob.Options(Assert.Single(_client.Cluster.Runs)).Generated;
        Assert.Equal((Path.GetFullPath("g.npz"), 0.5), (options.Path, options.Fraction));
        Assert.Contains("50 % of each batch from", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_FolderWithADataDirectory_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("train", "--dataset", Images, "--data-dir", Images));
        Assert.Contains("is a path already", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void RequireData_OfAFolder_ChecksItsSplitsAndCounts()
    {
        var session = new EmbeddedSession(null!, "");   // Looks at files only.
        var options = new TrainingOptions { Dataset = Images };

        session.RequireData(options, images: 1);
        session.RequireData(options, images: null);
        Assert.Contains("Use --images 1", Assert.Throws<UsageException>(() => session.RequireData(options, images: 2)).Message, StringComparison.Ordinal);
        Assert.Throws<DatasetNotFoundException>(() => session.RequireData(options with { Generated = new() { Path = "no.npz" } }, images: 1));
        Directory.Delete(Path.Combine(Images, "test"), recursive: true);
        Assert.Contains("has no test images", Assert.Throws<DatasetNotFoundException>(() => session.RequireData(options, images: null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunsShow_FolderIsGone_ShowsItsPath()
    {
        await _client.RunAsync("train", "--dataset", Images, "--train-images", "0", "--run", "mine");
        Directory.Delete(Images, recursive: true);

        Assert.Equal(ExitCode.Success, await _client.RunAsync("runs", "show", "mine"));
        Assert.Contains($"{Images}, all training images", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_WithoutAPublishedChecksum_SaysHowToObtainIt()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("data", "download", "tiny-imagenet"));
        Assert.Contains("tiny-imagenet-200.zip", _client.Error, StringComparison.Ordinal);
    }

    private void WriteImage(string name, int side)
    {
        using var bitmap = new SKBitmap(side, side);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        var path = Path.Combine(Images, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, data.ToArray());
    }
}
