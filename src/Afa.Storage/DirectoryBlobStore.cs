using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Afa.Checkpoints;

namespace Afa.Storage;

/// <summary>
/// A folder of a file system as a blob store. Each blob is a file of the same relative path; its ETag is the SHA-256 of its bytes.
/// Several processes may use the folder at once.
/// </summary>
/// <remarks>
/// A blob is written to a file in <c>.temp</c>, flushed to the disk and then renamed, so it is there wholly or not at all. Renames and
/// deletions happen one at a time, under a lock on the file <c>.lock</c>; reads and lists need no lock and no right to write.
/// Symbolic links inside the folder are refused, as they may lead out of it; the folder itself may be one. As folders are what
/// makes the names, a blob "a" and a blob "a/b" cannot exist side by side.
/// </remarks>
public sealed class DirectoryBlobStore : IBlobStore
{
    private const int BufferSize = 1024 * 1024;

    private static readonly TimeSpan _staleAge = TimeSpan.FromDays(1);
    private static readonly EnumerationOptions _everythingButLinks = new()
    {
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = false,
        RecurseSubdirectories = true,
    };

    private readonly string _folder;
    private readonly string _tempFolder;
    private readonly TimeProvider _timeProvider;
    private readonly DirectoryLock _lock;

    /// <param name="folder">The folder, which is made when something is first written.</param>
    /// <param name="timeProvider">Tells the age of temporary files that a process left when it died; after a day they are deleted.</param>
    public DirectoryBlobStore(string folder, TimeProvider? timeProvider = null)
    {
        _folder = Path.GetFullPath(folder);
        _tempFolder = Path.Combine(_folder, ".temp");
        _timeProvider = timeProvider ?? TimeProvider.System;
        _lock = new(Path.Combine(_folder, ".lock"), _timeProvider);
    }

    /// <inheritdoc/>
    public Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        PublishAsync(name, content.Length, file => file.WriteAsync(content, cancellationToken).AsTask(), _ => { }, cancellationToken);

    /// <inheritdoc/>
    public Task WriteAsync(string name, Stream content, CancellationToken cancellationToken = default) =>
        PublishAsync(
            name,
            content.CanSeek ? content.Length - content.Position : 0,
            file => content.CopyToAsync(file, BufferSize, cancellationToken),
            _ => { },
            cancellationToken);

    /// <inheritdoc/>
    public async Task<string> WriteIfUnchangedAsync(
        string name, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default)
    {
        await PublishAsync(
            name,
            content.Length,
            file => file.WriteAsync(content, cancellationToken).AsTask(),
            path =>
            {
                var foundETag = File.Exists(path) ? ETagOf(path) : null;
                if (foundETag != expectedETag)
                {
                    throw new BlobChangedException(name, expectedETag, foundETag);
                }
            },
            cancellationToken);
        return ETagOf(content.Span);
    }

    /// <inheritdoc/>
    public async Task<byte[]?> ReadAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default)
    {
        await using var file = Open(name);
        if (file is null)
        {
            return null;
        }

        var size = file.Length;
        if (size > Math.Min(maxSizeInBytes, Array.MaxLength))
        {
            throw new InvalidDataException(
                $"Blob '{name}' ({PathOf(name)}) has {size} bytes; at most {Math.Min(maxSizeInBytes, Array.MaxLength)} are expected.");
        }

        var content = new byte[size];
        var count = await TranslateAsync("read", name, () => file.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellationToken).AsTask());
        return content[..count];
    }

    /// <inheritdoc/>
    public async Task<TaggedBlob?> ReadTaggedAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default) =>
        await ReadAsync(name, maxSizeInBytes, cancellationToken) is { } content ? new(content, ETagOf(content)) : null;

    /// <inheritdoc/>
    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<Stream?>(Open(name));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<BlobInfo> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        BlobName.ValidatePrefix(prefix);
        var blobs = await Task.Run(() => List(prefix, cancellationToken), cancellationToken);
        foreach (var blob in blobs)
        {
            yield return blob;
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        var path = PathOf(name);
        if (!File.Exists(path))
        {
            return;
        }

        await TranslateAsync("delete", name, async () =>
        {
            using var held = await _lock.AcquireAsync(cancellationToken);
            RefuseLinks(name);
            if (File.Exists(path))   // Nobody else deleted it before the lock was taken.
            {
                File.Delete(path);
                DeleteEmptyFolders(Path.GetDirectoryName(path)!);
            }

            return true;
        });
    }

    private static string ETagOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static string ETagOf(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private string PathOf(string name)
    {
        BlobName.Validate(name);
        return Path.Combine(_folder, name);
    }

    /// <summary>Writes a temporary file and renames it, after <paramref name="check"/> has agreed under the lock.</summary>
    private async Task PublishAsync(
        string name, long sizeInBytes, Func<Stream, Task> writeContent, Action<string> check, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        await TranslateAsync("write", name, async () =>
        {
            Directory.CreateDirectory(_tempFolder);
            DeleteStaleFiles();
            var temp = Path.Combine(_tempFolder, Guid.NewGuid().ToString("N"));
            try
            {
                await WriteTempAsync(temp, sizeInBytes, writeContent);
                using var held = await _lock.AcquireAsync(cancellationToken);
                RefuseLinks(name);
                check(path);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Move(temp, path, overwrite: true);
            }
            catch
            {
                File.Delete(temp);
                throw;
            }

            return true;
        });
    }

    private static async Task WriteTempAsync(string temp, long sizeInBytes, Func<Stream, Task> writeContent)
    {
        await using var file = new FileStream(temp, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
            PreallocationSize = sizeInBytes,   // Finds out that the disk is full before anything is written.
        });
        await writeContent(file);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Opens the file of a blob; null if there is none.</summary>
    private FileStream? Open(string name)
    {
        var path = PathOf(name);
        return Translate("read", name, () =>
        {
            RefuseLinks(name);
            try
            {
                return new FileStream(
                    path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferSize, FileOptions.Asynchronous);
            }
            catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException || Directory.Exists(path))
            {
                return null;
            }
        });
    }

    private List<BlobInfo> List(string prefix, CancellationToken cancellationToken) => Translate("list", prefix, () =>
    {
        var start = new DirectoryInfo(Path.Combine(_folder, prefix[..(prefix.LastIndexOf('/') + 1)]));
        RefuseLinks(prefix);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return start.EnumerateFiles("*", _everythingButLinks)
                    .Select(ToBlob)
                    .OfType<BlobInfo>()
                    .Where(blob => blob.Name.StartsWith(prefix, StringComparison.Ordinal))
                    .OrderBy(blob => blob.Name, StringComparer.Ordinal)
                    .ToList();
            }
            catch (DirectoryNotFoundException)
            {
                // Either there is nothing to list, or a folder was deleted on the way.
                if (!Directory.Exists(start.FullName))
                {
                    return [];
                }
            }
        }
    });

    /// <summary>Describes a file; null for .lock, .temp/…, whatever others have put here, and a file that was just deleted.</summary>
    private BlobInfo? ToBlob(FileInfo file)
    {
        var name = Path.GetRelativePath(_folder, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
        return BlobName.IsValid(name) && file.Exists ? new(name, file.Length, file.LastWriteTimeUtc) : null;
    }

    private void RefuseLinks(string name)
    {
        var path = _folder;
        foreach (var segment in name.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            path = Path.Combine(path, segment);
            if (new FileInfo(path).LinkTarget is { } target)
            {
                throw new IOException($"{path} is a symbolic link to {target}; links are not followed, as they may lead out of the store.");
            }
        }
    }

    private void DeleteStaleFiles()
    {
        foreach (var file in new DirectoryInfo(_tempFolder).EnumerateFiles())
        {
            if (_timeProvider.GetUtcNow() - file.LastWriteTimeUtc > _staleAge)
            {
                file.Delete();
            }
        }
    }

    private void DeleteEmptyFolders(string folder)
    {
        while (folder != _folder && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
            folder = Path.GetDirectoryName(folder)!;
        }
    }

    private T Translate<T>(string what, string name, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Explain(what, name, error);
        }
    }

    private async Task<T> TranslateAsync<T>(string what, string name, Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Explain(what, name, error);
        }
    }

    private IOException Explain(string what, string name, Exception error) => new(
        $"Could not {what} blob '{name}' in the folder {_folder}: {error.Message} " +
        "Check that the disk has free space and that this user may use the folder.", error);
}
