using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Afa.Checkpoints;
using Afa.Storage;
using Xunit;

namespace Afa.Tests.Storage;

public sealed class DirectoryBlobStoreTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("afa-blobs-").FullName;
    private readonly string _folder;
    private readonly DirectoryBlobStore _store;

    public DirectoryBlobStoreTests()
    {
        _folder = Path.Combine(_parent, "store");
        _store = new(_folder);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Fact]
    public async Task WriteAndRead_BothOverloads_GiveTheBytes()
    {
        await _store.WriteAsync("runs/a/one", "one"u8.ToArray(), Cancellation);
        await _store.WriteAsync("runs/a/two", new MemoryStream("two"u8.ToArray()), Cancellation);
        await _store.WriteAsync("runs/a/two", new MemoryStream("second"u8.ToArray()), Cancellation);
        await _store.WriteAsync("empty", Array.Empty<byte>(), Cancellation);

        Assert.Equal("one", await TextAsync("runs/a/one"));
        Assert.Equal("second", await TextAsync("runs/a/two"));
        Assert.Equal("", await TextAsync("empty"));
        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(_folder, "runs", "a", "one"), Cancellation));
    }

    [Fact]
    public async Task Read_MissingBlob_IsNull()
    {
        Assert.Null(await _store.ReadAsync("runs/none", 10, Cancellation));
        Assert.Null(await _store.ReadTaggedAsync("runs/none", 10, Cancellation));
        Assert.Null(await _store.OpenReadAsync("runs/none", Cancellation));
        Assert.Empty(await _store.ListAsync("", Cancellation).ToListAsync(Cancellation));
        await _store.DeleteAsync("runs/none", Cancellation);
        Assert.False(Directory.Exists(_folder));
    }

    [Fact]
    public async Task Read_BlobLargerThanExpected_IsRefusedWithBothSizes()
    {
        await _store.WriteAsync("blob", new byte[11], Cancellation);

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => _store.ReadAsync("blob", 10, Cancellation));

        Assert.Contains("11 bytes; at most 10", error.Message);
    }

    [Fact]
    public async Task OpenRead_BlobReplacedAndDeletedLater_StillReadsTheOldBytes()
    {
        await _store.WriteAsync("blob", "old"u8.ToArray(), Cancellation);
        using var reader = new StreamReader((await _store.OpenReadAsync("blob", Cancellation))!);

        await _store.WriteAsync("blob", "new"u8.ToArray(), Cancellation);
        await _store.DeleteAsync("blob", Cancellation);

        Assert.Equal("old", await reader.ReadToEndAsync(Cancellation));
    }

    [Fact]
    public async Task Delete_LastBlobOfAFolder_DeletesTheFolderToo()
    {
        await _store.WriteAsync("runs/a/b/one", new byte[1], Cancellation);
        await _store.WriteAsync("runs/two", new byte[1], Cancellation);

        await _store.DeleteAsync("runs/a/b/one", Cancellation);
        await _store.DeleteAsync("runs/a/b/one", Cancellation);

        Assert.False(Directory.Exists(Path.Combine(_folder, "runs", "a")));
        Assert.NotNull(await _store.ReadAsync("runs/two", 1, Cancellation));
    }

    [Fact]
    public async Task List_Prefix_GivesNamesInOrderWithSizes()
    {
        foreach (var name in new[] { "runs/a/2", "runs/a/10", "runs/a-b/1", "runs/ab/1", "other" })
        {
            await _store.WriteAsync(name, new byte[name.Length], Cancellation);
        }

        await File.WriteAllTextAsync(Path.Combine(_folder, "runs", "not a name.txt"), "x", Cancellation);

        var all = await _store.ListAsync("", Cancellation).ToListAsync(Cancellation);
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
        await Assert.ThrowsAsync<ArgumentException>(() => _store.WriteAsync(name, new byte[1], Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.WriteAsync(name, new MemoryStream(), Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.WriteIfUnchangedAsync(name, new byte[1], null, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.ReadAsync(name, 1, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.OpenReadAsync(name, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.DeleteAsync(name, Cancellation));
        Assert.Empty(Directory.GetFileSystemEntries(_parent));
    }

    [Fact]
    public async Task List_PrefixThatEscapes_IsRefused() =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await NamesAsync("../"));

    [Fact]
    public async Task AnyCall_SymbolicLinkInTheFolder_IsRefusedAndNotListed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making symbolic links needs a privilege on Windows.");
        var outside = Directory.CreateDirectory(Path.Combine(_parent, "outside")).FullName;
        await File.WriteAllTextAsync(Path.Combine(outside, "secret"), "secret", Cancellation);
        Directory.CreateDirectory(_folder);
        Directory.CreateSymbolicLink(Path.Combine(_folder, "folder"), outside);
        File.CreateSymbolicLink(Path.Combine(_folder, "file"), Path.Combine(outside, "secret"));
        File.CreateSymbolicLink(Path.Combine(_folder, "broken"), Path.Combine(outside, "new"));

        foreach (var name in new[] { "folder/secret", "file", "broken" })
        {
            await AssertLinkAsync(() => _store.ReadAsync(name, 10, Cancellation));
            await AssertLinkAsync(() => _store.OpenReadAsync(name, Cancellation));
            await AssertLinkAsync(() => _store.WriteAsync(name, new byte[1], Cancellation));
            await AssertLinkAsync(() => _store.WriteIfUnchangedAsync(name, new byte[1], null, Cancellation));
        }

        await AssertLinkAsync(() => _store.DeleteAsync("folder/secret", Cancellation));
        await AssertLinkAsync(() => NamesAsync("folder/"));
        Assert.Empty(await NamesAsync(""));
        Assert.Equal("secret", await File.ReadAllTextAsync(Path.Combine(outside, "secret"), Cancellation));
        Assert.Single(Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public async Task Write_FolderReachedByALink_Works()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making symbolic links needs a privilege on Windows.");
        await _store.WriteAsync("blob", "x"u8.ToArray(), Cancellation);
        var link = Path.Combine(_parent, "link");
        Directory.CreateSymbolicLink(link, _folder);

        await new DirectoryBlobStore(link).WriteAsync("blob", "y"u8.ToArray(), Cancellation);

        Assert.Equal("y", await TextAsync("blob"));
    }

    [Fact]
    public async Task Write_ContentThatFailsHalfWay_KeepsTheOldBlobAndNoTemporaryFile()
    {
        await _store.WriteAsync("blob", "old"u8.ToArray(), Cancellation);

        await Assert.ThrowsAsync<IOException>(() => _store.WriteAsync("blob", new FailingStream(length: 2_000_000), Cancellation));
        await Assert.ThrowsAsync<IOException>(() => _store.WriteAsync("new", new FailingStream(length: 2_000_000), Cancellation));

        Assert.Equal("old", await TextAsync("blob"));
        Assert.Null(await _store.ReadAsync("new", 10, Cancellation));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, ".temp")));
    }

    [Fact]
    public async Task Write_MoreThanTheDiskHolds_IsAnIOExceptionAndLeavesNothing()
    {
        // A pebibyte is announced, so the system refuses the space before a byte is read; where it cannot, reading fails.
        var error = await Assert.ThrowsAsync<IOException>(() => _store.WriteAsync("blob", new FailingStream(length: 1L << 50), Cancellation));

        Assert.Contains("Could not write blob 'blob'", error.Message);
        Assert.Contains("free space", error.Message);
        Assert.Empty(await NamesAsync(""));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, ".temp")));
    }

    [Fact]
    public async Task Write_FolderWithoutPermission_IsAnIOExceptionAndReadingStillWorks()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no Unix file modes.");
            return;
        }

        Assert.SkipWhen(Environment.IsPrivilegedProcess, "The superuser may write to every folder.");
        await _store.WriteAsync("blob", "old"u8.ToArray(), Cancellation);
        SetMode(UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            var error = await Assert.ThrowsAsync<IOException>(() => _store.WriteAsync("blob", new byte[1], Cancellation));
            Assert.Contains(_folder, error.Message);
            await Assert.ThrowsAsync<IOException>(() => _store.DeleteAsync("blob", Cancellation));
            Assert.Equal("old", await TextAsync("blob"));
            Assert.Equal(["blob"], await NamesAsync(""));
        }
        finally
        {
            SetMode(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task Write_FileInThePlaceOfTheFolder_IsAnIOExceptionThatNamesTheBlob()
    {
        await File.WriteAllTextAsync(_folder, "a file", Cancellation);

        var error = await Assert.ThrowsAsync<IOException>(() => _store.WriteAsync("blob", new byte[1], Cancellation));

        Assert.Contains("'blob'", error.Message);
    }

    [Fact]
    public async Task Write_BlobAndFolderOfTheSameName_IsAnIOException()
    {
        await _store.WriteAsync("a", new byte[1], Cancellation);
        await _store.WriteAsync("b/c", new byte[1], Cancellation);

        await Assert.ThrowsAsync<IOException>(() => _store.WriteAsync("a/b", new byte[1], Cancellation));
        await Assert.ThrowsAsync<IOException>(() => _store.WriteAsync("b", new byte[1], Cancellation));
        Assert.Null(await _store.ReadAsync("b", 1, Cancellation));
        Assert.Null(await _store.ReadAsync("a/b", 1, Cancellation));
        await _store.DeleteAsync("b", Cancellation);
        await _store.DeleteAsync("a/b", Cancellation);
        Assert.Empty(await NamesAsync("a/"));
        Assert.Equal(["a", "b/c"], await NamesAsync(""));
    }

    [Fact]
    public async Task LeftTemporaryFiles_AreNotListedAndDeletedAfterADay()
    {
        await _store.WriteAsync("blob", new byte[1], Cancellation);
        var old = Path.Combine(_folder, ".temp", "old");
        var recent = Path.Combine(_folder, ".temp", "recent");
        await File.WriteAllTextAsync(old, "half", Cancellation);
        await File.WriteAllTextAsync(recent, "half", Cancellation);
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-2));

        await _store.WriteAsync("blob", new byte[1], Cancellation);

        Assert.Equal(["blob"], await NamesAsync(""));
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(recent));
    }

    [Fact]
    public async Task WriteIfUnchanged_ExpectedETag_WritesAndReturnsTheNext()
    {
        var first = await _store.WriteIfUnchangedAsync("state", "1"u8.ToArray(), expectedETag: null, Cancellation);
        var second = await _store.WriteIfUnchangedAsync("state", "2"u8.ToArray(), first, Cancellation);
        var read = await _store.ReadTaggedAsync("state", 10, Cancellation);

        Assert.NotEqual(first, second);
        Assert.Equal(second, read!.ETag);
        Assert.Equal("2"u8.ToArray(), read.Content.ToArray());
    }

    [Fact]
    public async Task WriteIfUnchanged_OtherETag_ThrowsAndKeepsTheBlob()
    {
        var eTag = await _store.WriteIfUnchangedAsync("state", "1"u8.ToArray(), expectedETag: null, Cancellation);

        await Assert.ThrowsAsync<BlobChangedException>(() => _store.WriteIfUnchangedAsync("state", "2"u8.ToArray(), null, Cancellation));
        await Assert.ThrowsAsync<BlobChangedException>(() => _store.WriteIfUnchangedAsync("state", "2"u8.ToArray(), "other", Cancellation));
        await Assert.ThrowsAsync<BlobChangedException>(() => _store.WriteIfUnchangedAsync("none", "2"u8.ToArray(), eTag, Cancellation));

        Assert.Equal("1", await TextAsync("state"));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, ".temp")));
    }

    [Fact]
    public async Task WriteIfUnchanged_ManyWritersOfTwoStores_LoseNoUpdate()
    {
        const int Writers = 6, UpdatesEach = 10;
        await _store.WriteAsync("counter", "0"u8.ToArray(), Cancellation);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var store = writer % 2 == 0 ? _store : new DirectoryBlobStore(_folder);
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
            var store = new DirectoryBlobStore(_folder);
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
            if (await _store.ReadAsync("folder/blob", 1_000_000, Cancellation) is { } content)
            {
                Assert.Equal(content[0] * 50_000, content.Length);
                Assert.Equal(content[0], content[^1]);
            }

            Assert.InRange((await NamesAsync("")).Count, 0, 1);
        }

        await writing;
    }

    [Fact]
    public async Task Write_LockHeldElsewhere_FailsAfterTheLongestWaitAndCanBeCancelled()
    {
        Directory.CreateDirectory(_folder);
        var lockPath = Path.Combine(_folder, ".lock");
        using var held = new FileStream(lockPath, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        var error = await Assert.ThrowsAsync<IOException>(
            () => new DirectoryBlobStore(_folder, new RacingTime()).WriteAsync("blob", new byte[1], Cancellation));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _store.WriteAsync("blob", new byte[1], cancelled.Token));

        Assert.Contains(lockPath, error.Message);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, ".temp")));
    }

    [Fact]
    public async Task ETag_IsTheSha256OfTheContent()
    {
        var eTag = await _store.WriteIfUnchangedAsync("blob", "abc"u8.ToArray(), expectedETag: null, Cancellation);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("abc"u8)), eTag);
    }

    [UnsupportedOSPlatform("windows")]
    private void SetMode(UnixFileMode mode)
    {
        File.SetUnixFileMode(Path.Combine(_folder, ".temp"), mode);
        File.SetUnixFileMode(_folder, mode);
    }

    private static async Task AssertLinkAsync(Func<Task> call) =>
        Assert.Contains("symbolic link", (await Assert.ThrowsAsync<IOException>(call)).Message);

    private async Task<string> TextAsync(string name) => Encoding.UTF8.GetString((await _store.ReadAsync(name, 1000, Cancellation))!);

    private async Task<List<string>> NamesAsync(string prefix) =>
        await _store.ListAsync(prefix, Cancellation).Select(blob => blob.Name).ToListAsync(Cancellation);

    /// <summary>A clock that moves a minute at each look, so that waits of 30 seconds are over at once.</summary>
    private sealed class RacingTime : TimeProvider
    {
        private long _looks;

        public override long GetTimestamp() => Interlocked.Increment(ref _looks) * TimestampFrequency * 60;
    }

    /// <summary>A stream that announces a length and fails after its first megabyte.</summary>
    private sealed class FailingStream(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (Position > 1_000_000)
            {
                throw new IOException("The source went away.");
            }

            Position += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
