using Afa.Checkpoints;
using Afa.Storage;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Storage;

/// <summary>The checkpoint store upon a real folder; its logic is tested in Afa.Core.Tests.</summary>
public sealed class CheckpointsInDirectoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("afa-checkpoints-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task SavedCheckpoint_AnotherStoreAndThePath_GiveTheSameModel()
    {
        const string Name = "runs/first/checkpoints/step-00000120";
        await new CheckpointStore(new DirectoryBlobStore(_folder)).SaveAsync(Name, Sample(120), Cancellation);

        var latest = await new CheckpointStore(new DirectoryBlobStore(_folder)).LoadLatestGoodAsync("runs/first/", Cancellation);
        var fromPath = await ModelFile.LoadAsync(Path.Combine(_folder, Name), Cancellation);

        Assert.Equal(Name, latest.Name);
        Assert.Equal(Sample(120).Model["weight"].Data.ToArray(), latest.Checkpoint!.Model["weight"].Data.ToArray());
        Assert.Equal(Sample(120).Model["weight"].Data.ToArray(), fromPath.Tensors["weight"].Data.ToArray());
    }

    [Fact]
    public async Task DeletedCheckpoint_LeavesNoFolder()
    {
        var store = new CheckpointStore(new DirectoryBlobStore(_folder));
        await store.SaveAsync("runs/first/step-1", Sample(1), Cancellation);

        await store.DeleteAsync("runs/first/step-1", Cancellation);

        Assert.False(Directory.Exists(Path.Combine(_folder, "runs")));
    }

    [Fact]
    public async Task TruncatedFile_PreviousCheckpointIsLoaded()
    {
        var store = new CheckpointStore(new DirectoryBlobStore(_folder));
        await store.SaveAsync("runs/first/step-1", Sample(1), Cancellation);
        await store.SaveAsync("runs/first/step-2", Sample(2), Cancellation);
        var model = Directory.GetFiles(Path.Combine(_folder, "runs", "first", "step-2"), "model-*").Single();
        using (var file = File.OpenWrite(model))
        {
            file.SetLength(file.Length / 2);
        }

        var latest = await store.LoadLatestGoodAsync("runs/first/", Cancellation);

        Assert.Equal("runs/first/step-1", latest.Name);
        Assert.Contains(Path.GetFileName(model), Assert.Single(latest.Damaged).Reason);
    }

    private static Checkpoint Sample(byte step) => new(
        new() { Run = "first", Phase = "head", Epoch = 1, Step = step, ModelOptions = new(), CreatedAt = DateTimeOffset.UnixEpoch },
        new Dictionary<string, TensorRecord> { ["weight"] = new(ScalarType.Byte, [4], new byte[] { step, 2, 3, 4 }) });
}
