using Afa.Grains;
using Orleans.Storage;

namespace Afa.Tests.Grains;

public sealed class BlobGrainStorageTests
{
    private static readonly GrainId Id = GrainId.Create("training-run", "a-run");

    private readonly Afa.Storage.DirectoryBlobStore _blobs = TestCluster.NewStore();

    [Fact]
    public async Task State_Written_IsReadBackAndLiesUnderItsKey()
    {
        var storage = new BlobGrainStorage(_blobs);
        await storage.WriteStateAsync("numbers", Id, new GrainState<Numbers>(new Numbers { Values = [1, 2] }));

        var read = new GrainState<Numbers>();
        await storage.ReadStateAsync("numbers", Id, read);

        Assert.Equal([1, 2], read.State!.Values);
        Assert.True(read.RecordExists);
        Assert.NotNull(await _blobs.ReadAsync("state/numbers/a-run.json", 1000));
    }

    [Fact]
    public async Task State_WrittenByTwo_RefusesTheSecond()
    {
        var storage = new BlobGrainStorage(_blobs);
        var (one, two) = (new GrainState<Numbers>(), new GrainState<Numbers>());
        await storage.ReadStateAsync("numbers", Id, one);
        await storage.ReadStateAsync("numbers", Id, two);
        await storage.WriteStateAsync("numbers", Id, one);

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("numbers", Id, two));
    }

    [Fact]
    public async Task State_Cleared_IsGone()
    {
        var storage = new BlobGrainStorage(_blobs);
        var state = new GrainState<Numbers>(new Numbers { Values = [1] });
        await storage.WriteStateAsync("numbers", Id, state);
        await storage.ClearStateAsync("numbers", Id, state);

        await storage.ReadStateAsync("numbers", Id, state);
        Assert.False(state.RecordExists);
        Assert.Empty(state.State!.Values);
    }

    private sealed class Numbers
    {
        public List<int> Values { get; set; } = [];
    }
}
