using System.Runtime.Versioning;
using System.Security.Cryptography;
using Afa.Checkpoints;
using Afa.Storage;
using Xunit;

namespace Afa.Tests.Storage;

public sealed class DirectoryBlobStoreTests : BlobStoreContractTests, IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("afa-blobs-").FullName;
    private readonly string _folder;
    private readonly DirectoryBlobStore _store;

    public DirectoryBlobStoreTests()
    {
        _folder = Path.Combine(_parent, "store");
        _store = new(_folder);
    }

    protected override IBlobStore Store => _store;

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    protected override IBlobStore OpenAgain() => new DirectoryBlobStore(_folder);

    protected override Task AddForeignAsync(string name) => File.WriteAllTextAsync(Path.Combine(_folder, name), "x", Cancellation);

    protected override void AssertNothingIsLeftBehind()
    {
        Assert.Empty(Directory.GetFileSystemEntries(_parent).Except([_folder]));
        Assert.True(!Directory.Exists(_folder) || Directory.GetFiles(Path.Combine(_folder, ".temp")).Length == 0);
    }

    [Fact]
    public async Task Blob_IsAFileOfItsName()
    {
        await _store.WriteAsync("runs/a/one", "one"u8.ToArray(), Cancellation);

        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(_folder, "runs", "a", "one"), Cancellation));
    }

    [Fact]
    public async Task Read_NothingWritten_MakesNoFolder()
    {
        await _store.ReadAsync("runs/none", 10, Cancellation);
        await NamesAsync("");
        await _store.DeleteAsync("runs/none", Cancellation);

        Assert.False(Directory.Exists(_folder));
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

    /// <summary>A clock that moves a minute at each look, so that waits of 30 seconds are over at once.</summary>
    private sealed class RacingTime : TimeProvider
    {
        private long _looks;

        public override long GetTimestamp() => Interlocked.Increment(ref _looks) * TimestampFrequency * 60;
    }
}
