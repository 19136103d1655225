using System.Security.Cryptography;
using Afa.Checkpoints;
using Afa.Storage;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Storage;

[Collection(SharedAzurite.Name)]
public sealed class AzureBlobStoreTests : BlobStoreContractTests
{
    private const int SmallBlock = 64 * 1024;

    private readonly AzuriteServer _server;
    private readonly BlobContainerClient _container;

    public AzureBlobStoreTests(AzuriteServer server)
    {
        Assert.SkipWhen(server.Missing is not null, server.Missing ?? "");
        _server = server;
        _container = server.NewContainer(SharedAzurite.QuickRetries());
        Store = OpenAgain();
    }

    protected override IBlobStore Store { get; }

    protected override IBlobStore OpenAgain() => new AzureBlobStore(_container, "some/folder", SmallBlock);

    protected override async Task AddForeignAsync(string name) =>
        await _container.UploadBlobAsync($"some/folder/{name}", BinaryData.FromString("x"), Cancellation);

    protected override void AssertNothingIsLeftBehind()
    {
        // Blocks of an upload that failed are no blob; the service deletes them after a week.
        Assert.All(_container.Exists() ? _container.GetBlobs().ToList() : [], blob => Assert.StartsWith("some/folder/", blob.Name));
    }

    [Fact]
    public async Task OpenRead_Copy_IsForThisUserOnly()
    {
        await Store.WriteAsync("private", new byte[10], Cancellation);
        await using var copy = Assert.IsType<FileStream>(await Store.OpenReadAsync("private", Cancellation));

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(copy.SafeFileHandle));
        }
    }

    [Fact]
    public void Explain_NoRightToTheFolderForTemporaryFiles_SaysWhich() =>
        Assert.Contains("TMPDIR", AzureFailure.Explain(new UnauthorizedAccessException("Access to the path '/tmp/x' is denied."), Cancellation), StringComparison.Ordinal);

    [Theory]
    [InlineData(SmallBlock - 1, 0)]
    [InlineData(SmallBlock, 1)]
    [InlineData(10 * SmallBlock + 1, 11)]
    public async Task Write_Content_IsSentInBlocksAndReadBackByBothWays(int size, int blocks)
    {
        var content = RandomNumberGenerator.GetBytes(size);

        await Store.WriteAsync("large", new MemoryStream(content), Cancellation);

        Assert.Equal(content, await Store.ReadAsync("large", size, Cancellation));
        await using var reader = await Store.OpenReadAsync("large", Cancellation);
        Assert.Equal(SHA256.HashData(content), await SHA256.HashDataAsync(reader!, Cancellation));
        Assert.Equal(blocks, (await Raw("large").GetBlockListAsync(cancellationToken: Cancellation)).Value.CommittedBlocks.Count());
    }

    [Fact]
    public async Task Write_ManyBlocks_HasFewOfThemOnTheirWayAtOnce()
    {
        var counter = new AnswerPolicy();
        await Through(counter).WriteAsync("large", new byte[40 * SmallBlock], Cancellation);

        Assert.InRange(counter.MostAtOnce, 2, BlockUpload.ParallelBlocks);
    }

    [Fact]
    public async Task Read_BlobAlteredBehindTheStore_IsRefused()
    {
        await Store.WriteAsync("blob", "as written"u8.ToArray(), Cancellation);
        await AlterAsync("blob");

        var error = await Assert.ThrowsAnyAsync<InvalidDataException>(() => Store.ReadAsync("blob", 100, Cancellation));
        await Assert.ThrowsAnyAsync<InvalidDataException>(() => Store.ReadTaggedAsync("blob", 100, Cancellation));

        Assert.Contains("'blob'", error.Message);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData("as written"u8)), error.Message);
    }

    [Fact]
    public async Task Read_BlobThatOthersHavePutThere_IsTakenAsItIs()
    {
        await _container.CreateAsync(cancellationToken: Cancellation);
        await AddForeignAsync("name");

        Assert.Equal("x", await TextAsync("name"));
    }

    [Fact]
    public async Task Checkpoint_AlteredBehindTheStore_IsPassedOver()
    {
        var checkpoints = new CheckpointStore(Store);
        await checkpoints.SaveAsync("runs/first/step-1", Sample(1), Cancellation);
        await checkpoints.SaveAsync("runs/first/step-2", Sample(2), Cancellation);
        await AlterAsync((await NamesAsync("runs/first/step-2/model-")).Single());

        var latest = await checkpoints.LoadLatestGoodAsync("runs/first/", Cancellation);

        Assert.Equal("runs/first/step-1", latest.Name);
        Assert.Contains("SHA-256", Assert.Single(latest.Damaged).Reason);
    }

    [Fact]
    public async Task Write_BlockAlteredOnTheWay_IsRefusedByTheService()
    {
        await Store.WriteAsync("other", new byte[1], Cancellation);
        var bitFlip = new AnswerPolicy { Request = request => request.Content = Azure.Core.RequestContent.Create(new byte[100]) };

        var error = await Assert.ThrowsAsync<IOException>(() => Through(bitFlip).WriteAsync("blob", RandomNumberGenerator.GetBytes(100), Cancellation));

        Assert.Contains("the service answered 400", error.Message);   // Azure says Md5Mismatch, Azurite InvalidOperation.
        Assert.Null(await Store.ReadAsync("blob", 100, Cancellation));
    }

    [Fact]
    public async Task Write_ServerStoppedAndStartedOnTheWay_LosesNothing()
    {
        var content = RandomNumberGenerator.GetBytes(20 * SmallBlock);
        await Store.WriteAsync("before", "before"u8.ToArray(), Cancellation);
        var start = Task.CompletedTask;
        using var source = new InterruptedStream(content, at: 7 * SmallBlock, () =>
        {
            _server.StopAsync().GetAwaiter().GetResult();
            start = Task.Run(async () =>
            {
                await Task.Delay(200, Cancellation);
                await _server.StartAsync();
            });
        });

        await Store.WriteAsync("large", source, Cancellation);
        await start;

        Assert.Equal(content, await Store.ReadAsync("large", content.Length, Cancellation));
        Assert.Equal("before", await TextAsync("before"));
    }

    [Fact]
    public async Task AnyCall_ServerAway_IsAnIOExceptionThatSaysWhatToDo()
    {
        var options = SharedAzurite.QuickRetries();
        options.Retry.MaxRetries = 1;
        var store = new AzureBlobStore(new BlobContainerClient(_server.ConnectionString, _container.Name, options), "some/folder", SmallBlock);
        await store.WriteAsync("blob", "old"u8.ToArray(), Cancellation);
        await _server.StopAsync();
        try
        {
            foreach (var call in new Func<Task>[]
            {
                () => store.WriteAsync("blob", new byte[1], Cancellation),
                () => store.WriteAsync("blob", new byte[3 * SmallBlock], Cancellation),
                () => store.WriteIfUnchangedAsync("blob", new byte[1], null, Cancellation),
                () => store.ReadAsync("blob", 10, Cancellation),
                () => store.ReadTaggedAsync("blob", 10, Cancellation),
                () => store.OpenReadAsync("blob", Cancellation),
                () => store.ListAsync("", Cancellation).ToListAsync(Cancellation).AsTask(),
                () => store.DeleteAsync("blob", Cancellation),
                () => store.ExistsAsync(Cancellation),
            })
            {
                var error = await Assert.ThrowsAsync<IOException>(call);
                Assert.Contains("cannot be reached", error.Message);
                Assert.Contains(_container.Name, error.Message);
            }
        }
        finally
        {
            await _server.StartAsync();
        }

        Assert.Equal("old", await TextAsync("blob"));
    }

    [Fact]
    public async Task Write_ContainerMissing_CreatesIt()
    {
        var store = new AzureBlobStore(_container);
        Assert.False(await store.ExistsAsync(Cancellation));

        await store.WriteIfUnchangedAsync("blob", "x"u8.ToArray(), expectedETag: null, Cancellation);

        Assert.True(await store.ExistsAsync(Cancellation));
    }

    [Fact]
    public async Task Location_OfAContainer_IsPreparedAndFound()
    {
        var location = StoreLocation.Parse($"{_server.Address}/{_container.Name}/team");
        string? Variable(string name) => name == "AFA_STORE_CONNECTION_STRING" ? _server.ConnectionString : null;
        Assert.False(await location.ExistsAsync(Variable, Cancellation));

        await location.PrepareAsync(Variable, Cancellation);
        await location.Open(Variable).WriteAsync("blob", "x"u8.ToArray(), Cancellation);

        Assert.True(await location.ExistsAsync(Variable, Cancellation));
        Assert.Equal("team/blob", Assert.Single(_container.GetBlobs()).Name);
    }

    [Fact]
    public async Task Write_ContainerMissingAndNoRightToCreateIt_SaysHow()
    {
        var signed = _container.GenerateSasUri(BlobContainerSasPermissions.All, DateTimeOffset.UtcNow.AddHours(1));
        var store = new AzureBlobStore(new BlobContainerClient(signed, SharedAzurite.QuickRetries()));

        var error = await Assert.ThrowsAsync<IOException>(() => store.WriteAsync("blob", new byte[1], Cancellation));

        Assert.Contains($"az storage container create --account-name afatest --name {_container.Name}", error.Message);
        Assert.DoesNotContain("sig=", error.ToString());
    }

    [Fact]
    public async Task AnyCall_WrongKey_SaysSoWithoutTheKey()
    {
        await Store.WriteAsync("blob", new byte[1], Cancellation);
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
        var store = new AzureBlobStore(new BlobContainerClient(_server.WithKey(key), _container.Name, SharedAzurite.QuickRetries()));

        foreach (var call in new Func<Task>[] { () => store.WriteAsync("blob", new byte[1], Cancellation), () => store.ReadAsync("blob", 10, Cancellation) })
        {
            var error = await Assert.ThrowsAsync<IOException>(call);
            Assert.Contains("access was refused (403", error.Message);
            Assert.Contains("AFA_STORE_CONNECTION_STRING", error.Message);
            Assert.DoesNotContain(key, error.ToString());
            Assert.DoesNotContain("ignature", error.ToString());
        }
    }

    [Fact]
    public async Task AnyCall_Cancelled_Ends()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.WriteAsync("blob", new byte[3 * SmallBlock], cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ReadAsync("blob", 10, cancelled.Token));
    }

    [Fact]
    public async Task Folders_InOneContainer_AreStoresOfTheirOwn()
    {
        var other = new AzureBlobStore(_container, "some/folder2");
        await Store.WriteAsync("blob", "here"u8.ToArray(), Cancellation);
        await other.WriteAsync("blob", "there"u8.ToArray(), Cancellation);

        Assert.Equal("here", await TextAsync("blob"));
        Assert.Equal(["blob"], await NamesAsync(""));
    }

    [Fact]
    public async Task Write_TwoWritersOfManyBlocks_OneOfThemWinsWhole()
    {
        var contents = Enumerable.Range(0, 2).Select(_ => RandomNumberGenerator.GetBytes(8 * SmallBlock)).ToList();

        await Task.WhenAll(contents.Select(content => OpenAgain().WriteAsync("blob", content, Cancellation)));

        Assert.Contains(await Store.ReadAsync("blob", 8 * SmallBlock, Cancellation), contents);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WriteIfUnchanged_AnswerLost_IsNoConflictWithItself(bool exists)
    {
        var eTag = exists ? await Store.WriteIfUnchangedAsync("state", "1"u8.ToArray(), expectedETag: null, Cancellation) : null;
        var store = Through(new AnswerPolicy { LostAnswers = 1 });

        var next = await store.WriteIfUnchangedAsync("state", "2"u8.ToArray(), eTag, Cancellation);

        Assert.Equal("2", await TextAsync("state"));
        Assert.Equal(next, (await Store.ReadTaggedAsync("state", 10, Cancellation))!.ETag);
    }

    [Fact]
    public async Task WriteIfUnchanged_AllAnswersLost_TheNextCallIsNoConflictButAnotherWriterIs()
    {
        var eTag = await Store.WriteIfUnchangedAsync("state", "1"u8.ToArray(), expectedETag: null, Cancellation);
        var answers = new AnswerPolicy { LostAnswers = int.MaxValue };
        var store = Through(answers);
        await Assert.ThrowsAsync<IOException>(() => store.WriteIfUnchangedAsync("state", "2"u8.ToArray(), eTag, Cancellation));
        answers.LostAnswers = 0;

        await Assert.ThrowsAsync<BlobChangedException>(() => Store.WriteIfUnchangedAsync("state", "other"u8.ToArray(), eTag, Cancellation));
        await store.WriteIfUnchangedAsync("state", "3"u8.ToArray(), eTag, Cancellation);
        await Assert.ThrowsAsync<BlobChangedException>(() => store.WriteIfUnchangedAsync("state", "4"u8.ToArray(), eTag, Cancellation));

        Assert.Equal("3", await TextAsync("state"));
    }

    private BlockBlobClient Raw(string name) => _container.GetBlockBlobClient($"some/folder/{name}");

    /// <summary>The store by a client whose requests pass a policy.</summary>
    private AzureBlobStore Through(AnswerPolicy policy)
    {
        var options = SharedAzurite.QuickRetries();
        options.Retry.MaxRetries = 2;
        options.AddPolicy(policy, Azure.Core.HttpPipelinePosition.BeforeTransport);
        return new(new BlobContainerClient(_server.ConnectionString, _container.Name, options), "some/folder", SmallBlock);
    }

    /// <summary>Puts other bytes of the same length under the same name and metadata.</summary>
    private async Task AlterAsync(string name)
    {
        var download = (await Raw(name).DownloadContentAsync(Cancellation)).Value;
        var content = download.Content.ToArray();
        content[^1] ^= 1;
        await Raw(name).UploadAsync(new MemoryStream(content), new BlobUploadOptions { Metadata = download.Details.Metadata }, Cancellation);
    }

    private static Checkpoint Sample(byte step) => new(
        new() { Run = "first", Phase = "head", Epoch = 1, Step = step, ModelOptions = new(), CreatedAt = DateTimeOffset.UnixEpoch },
        new Dictionary<string, TensorRecord> { ["weight"] = new(ScalarType.Byte, [4], new byte[] { step, 2, 3, 4 }) });

    /// <summary>Counts writes on their way, changes requests, and loses answers to writes that the service has carried out.</summary>
    private sealed class AnswerPolicy : HttpPipelinePolicy
    {
        private int _onTheirWay;

        public int LostAnswers { get; set; }

        public int MostAtOnce { get; private set; }

        public Action<Azure.Core.Request>? Request { get; init; }

        public override async ValueTask ProcessAsync(Azure.Core.HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            var isWrite = message.Request.Method == Azure.Core.RequestMethod.Put;
            if (isWrite)
            {
                Request?.Invoke(message.Request);
                lock (this)
                {
                    MostAtOnce = Math.Max(MostAtOnce, ++_onTheirWay);
                }
            }

            try
            {
                await ProcessNextAsync(message, pipeline);
            }
            finally
            {
                lock (this)
                {
                    _onTheirWay -= isWrite ? 1 : 0;
                }
            }

            if (isWrite && LostAnswers > 0)
            {
                LostAnswers--;
                throw new IOException("The connection was lost.");
            }
        }

        public override void Process(Azure.Core.HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }

    /// <summary>Does something once, when reading gets to a place.</summary>
    private sealed class InterruptedStream(byte[] content, int at, Action interrupt) : MemoryStream(content)
    {
        private bool _isInterrupted;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_isInterrupted && Position >= at)
            {
                _isInterrupted = true;
                await Task.Run(interrupt, cancellationToken);
            }

            return Read(buffer.Span);
        }
    }
}
