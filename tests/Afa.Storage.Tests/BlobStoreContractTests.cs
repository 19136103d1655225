using System.Text;
using Afa.Checkpoints;
using Xunit;

namespace Afa.Tests.Storage;

/// <summary>What <see cref="IBlobStore"/> promises. The tests of each store inherit these and run them on the real thing.</summary>
public abstract class BlobStoreContractTests
{
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A store without blobs.</summary>
    protected abstract IBlobStore Store { get; }

    /// <summary>Another object for the same store, as another process has it.</summary>
    protected abstract IBlobStore OpenAgain();

    /// <summary>Puts something under a name that is not a blob's, as others may.</summary>
    protected abstract Task AddForeignAsync(string name);

    /// <summary>Fails if writes that failed or were refused have left something.</summary>
    protected abstract void AssertNothingIsLeftBehind();

    [Fact]
    public async Task WriteAndRead_BothOverloads_GiveTheBytes()
    {
        await Store.WriteAsync("runs/a/one", "one"u8.ToArray(), Cancellation);
        await Store.WriteAsync("runs/a/two", new MemoryStream("two"u8.ToArray()), Cancellation);
        await Store.WriteAsync("runs/a/two", new MemoryStream("second"u8.ToArray()), Cancellation);
        await Store.WriteAsync("empty", Array.Empty<byte>(), Cancellation);

        Assert.Equal("one", await TextAsync("runs/a/one"));
        Assert.Equal("second", await TextAsync("runs/a/two"));
        Assert.Equal("", await TextAsync("empty"));
    }

    [Fact]
    public async Task Read_MissingBlob_IsNull()
    {
        Assert.Null(await Store.ReadAsync("runs/none", 10, Cancellation));
        Assert.Null(await Store.ReadTaggedAsync("runs/none", 10, Cancellation));
        Assert.Null(await Store.OpenReadAsync("runs/none", Cancellation));
        Assert.Empty(await Store.ListAsync("", Cancellation).ToListAsync(Cancellation));
        await Store.DeleteAsync("runs/none", Cancellation);
    }

    [Fact]
    public async Task Read_BlobLargerThanExpected_IsRefusedWithBothSizes()
    {
        await Store.WriteAsync("blob", new byte[11], Cancellation);

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => Store.ReadAsync("blob", 10, Cancellation));

        Assert.Contains("11 bytes; at most 10", error.Message);
    }

    [Fact]
    public async Task OpenRead_BlobReplacedAndDeletedLater_StillReadsTheOldBytes()
    {
        await Store.WriteAsync("blob", "old"u8.ToArray(), Cancellation);
        using var reader = new StreamReader((await Store.OpenReadAsync("blob", Cancellation))!);

        await Store.WriteAsync("blob", "new"u8.ToArray(), Cancellation);
        await Store.DeleteAsync("blob", Cancellation);

        Assert.Equal("old", await reader.ReadToEndAsync(Cancellation));
    }

    [Fact]
    public async Task List_Prefix_GivesNamesInOrderWithSizes()
    {
        foreach (var name in new[] { "runs/a/2", "runs/a/10", "runs/a-b/1", "runs/ab/1", "other" })
        {
            await Store.WriteAsync(name, new byte[name.Length], Cancellation);
        }

        await AddForeignAsync("runs/not a name.txt");

        var all = await Store.ListAsync("", Cancellation).ToListAsync(Cancellation);
        Assert.Equal(["other", "runs/a-b/1", "runs/a/10", "runs/a/2", "runs/ab/1"], all.Select(blob => blob.Name));
        Assert.All(all, blob => Assert.Equal(blob.Name.Length, blob.SizeInBytes));
        Assert.All(all, blob => Assert.InRange(blob.Modified, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1)));
        Assert.Equal(["runs/a/10", "runs/a/2"], await NamesAsync("runs/a/"));
        Assert.Equal(["runs/a-b/1", "runs/a/10", "runs/a/2", "runs/ab/1"], await NamesAsync("runs/a"));
        Assert.Empty(await NamesAsync("runs/a/2/"));
        Assert.Empty(await NamesAsync("nothing/"));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/outside")]
    [InlineData("a/../../outside")]
    [InlineData(".temp/x")]
    [InlineData(".lock")]
    [InlineData("")]
    [InlineData("a\0b")]
    public async Task AnyCall_NameThatEscapes_IsRefusedAndWritesNothing(string name)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Store.WriteAsync(name, new byte[1], Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.WriteAsync(name, new MemoryStream(), Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.WriteIfUnchangedAsync(name, new byte[1], null, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.ReadAsync(name, 1, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.OpenReadAsync(name, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.DeleteAsync(name, Cancellation));
        Assert.Empty(await NamesAsync(""));
        AssertNothingIsLeftBehind();
    }

    [Fact]
    public async Task List_PrefixThatEscapes_IsRefused() =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await NamesAsync("../"));

    [Fact]
    public async Task Write_ContentThatFailsHalfWay_KeepsTheOldBlob()
    {
        await Store.WriteAsync("blob", "old"u8.ToArray(), Cancellation);

        await Assert.ThrowsAsync<IOException>(() => Store.WriteAsync("blob", new FailingStream(length: 2_000_000), Cancellation));
        await Assert.ThrowsAsync<IOException>(() => Store.WriteAsync("new", new FailingStream(length: 2_000_000), Cancellation));

        Assert.Equal("old", await TextAsync("blob"));
        Assert.Null(await Store.ReadAsync("new", 10, Cancellation));
        AssertNothingIsLeftBehind();
    }

    [Fact]
    public async Task WriteIfUnchanged_ExpectedETag_WritesAndReturnsTheNext()
    {
        var first = await Store.WriteIfUnchangedAsync("state", "1"u8.ToArray(), expectedETag: null, Cancellation);
        var second = await Store.WriteIfUnchangedAsync("state", "2"u8.ToArray(), first, Cancellation);
        var read = await Store.ReadTaggedAsync("state", 10, Cancellation);

        Assert.NotEqual(first, second);
        Assert.Equal(second, read!.ETag);
        Assert.Equal("2"u8.ToArray(), read.Content.ToArray());
    }

    [Fact]
    public async Task WriteIfUnchanged_OtherETag_ThrowsAndKeepsTheBlob()
    {
        var eTag = await Store.WriteIfUnchangedAsync("state", "1"u8.ToArray(), expectedETag: null, Cancellation);

        await Assert.ThrowsAsync<BlobChangedException>(() => Store.WriteIfUnchangedAsync("state", "2"u8.ToArray(), null, Cancellation));
        await Assert.ThrowsAsync<BlobChangedException>(() => Store.WriteIfUnchangedAsync("state", "2"u8.ToArray(), "other", Cancellation));
        await Assert.ThrowsAsync<BlobChangedException>(() => Store.WriteIfUnchangedAsync("none", "2"u8.ToArray(), eTag, Cancellation));

        Assert.Equal("1", await TextAsync("state"));
        AssertNothingIsLeftBehind();
    }

    [Fact]
    public async Task WriteIfUnchanged_ManyWritersOfTwoStores_LoseNoUpdate()
    {
        const int Writers = 6, UpdatesEach = 10;
        await Store.WriteAsync("counter", "0"u8.ToArray(), Cancellation);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var store = writer % 2 == 0 ? Store : OpenAgain();
            for (var updates = 0; updates < UpdatesEach;)
            {
                var read = await store.ReadTaggedAsync("counter", 10, Cancellation);
                var next = int.Parse(Encoding.UTF8.GetString(read!.Content.Span)) + 1;
                try
                {
                    await store.WriteIfUnchangedAsync("counter", Encoding.UTF8.GetBytes($"{next}"), read.ETag, Cancellation);
                    updates++;
                }
                catch (BlobChangedException)
                {
                    continue;
                }
            }
        })));

        Assert.Equal($"{Writers * UpdatesEach}", await TextAsync("counter"));
    }

    [Fact]
    public async Task Read_WhileOthersWriteAndDelete_SeesWholeBlobsOnly()
    {
        var writers = Enumerable.Range(1, 3).Select(writer => Task.Run(async () =>
        {
            var store = OpenAgain();
            for (var i = 0; i < 20; i++)
            {
                await store.WriteAsync("folder/blob", Enumerable.Repeat((byte)writer, writer * 50_000).ToArray(), Cancellation);
                if (i % 7 == writer)
                {
                    await store.DeleteAsync("folder/blob", Cancellation);
                }
            }
        }));
        var writing = Task.WhenAll(writers);

        while (!writing.IsCompleted)
        {
            if (await Store.ReadAsync("folder/blob", 1_000_000, Cancellation) is { } content)
            {
                Assert.Equal(content[0] * 50_000, content.Length);
                Assert.Equal(content[0], content[^1]);
            }

            Assert.InRange((await NamesAsync("")).Count, 0, 1);
        }

        await writing;
    }

    protected async Task<string> TextAsync(string name) => Encoding.UTF8.GetString((await Store.ReadAsync(name, 1000, Cancellation))!);

    protected async Task<List<string>> NamesAsync(string prefix) =>
        await Store.ListAsync(prefix, Cancellation).Select(blob => blob.Name).ToListAsync(Cancellation);
}
