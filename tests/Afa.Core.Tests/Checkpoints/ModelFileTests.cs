using Afa.Checkpoints;
using Xunit;

namespace Afa.Tests.Checkpoints;

public sealed class ModelFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("afa-model-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Load_CheckpointFolder_GivesModelAndState()
    {
        await SaveAsync();

        var model = await ModelFile.LoadAsync(_folder, Cancellation);

        TensorRecordGen.AssertEqual(CheckpointStoreTests.Sample().Model, model.Tensors);
        Assert.Equal(120, model.State!.Step);
    }

    [Fact]
    public async Task Load_BareFile_GivesTheModelOnly()
    {
        await SaveAsync();

        var model = await ModelFile.LoadAsync(Directory.GetFiles(_folder, "model-*").Single(), Cancellation);

        TensorRecordGen.AssertEqual(CheckpointStoreTests.Sample().Model, model.Tensors);
        Assert.Null(model.State);
    }

    [Fact]
    public async Task Load_AlteredFolder_NamesTheFile()
    {
        await SaveAsync();
        var file = Directory.GetFiles(_folder, "model-*").Single();
        await File.AppendAllTextAsync(file, "x", Cancellation);

        var error = await Assert.ThrowsAsync<CheckpointDamagedException>(() => ModelFile.LoadAsync(_folder, Cancellation));

        Assert.Contains(Path.GetFileName(file), error.Message);
    }

    [Fact]
    public async Task Load_NothingThere_SaysWhatWasLookedFor()
    {
        var missing = Path.Combine(_folder, "model.safetensors");

        Assert.Contains(missing, (await Assert.ThrowsAsync<FileNotFoundException>(() => ModelFile.LoadAsync(missing, Cancellation))).Message);
        Assert.Contains("state.json", (await Assert.ThrowsAsync<FileNotFoundException>(() => ModelFile.LoadAsync(_folder, Cancellation))).Message);
    }

    [Fact]
    public async Task Load_EndlessDevice_IsRefused()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "There is no /dev/zero on this system.");

        await Assert.ThrowsAsync<InvalidDataException>(() => ModelFile.LoadAsync("/dev/zero", Cancellation));
    }

    private async Task SaveAsync()
    {
        var blobs = new MemoryBlobStore();
        await new CheckpointStore(blobs).SaveAsync("saved", CheckpointStoreTests.Sample(), Cancellation);
        foreach (var (name, content) in blobs.Blobs)
        {
            await File.WriteAllBytesAsync(Path.Combine(_folder, Path.GetFileName(name)), content, Cancellation);
        }
    }
}
