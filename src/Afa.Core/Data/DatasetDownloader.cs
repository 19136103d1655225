using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Afa.Data;

/// <summary>Downloads data sets from their publishers. A file appears under its final name only after its checksum was verified.</summary>
/// <param name="client">Sends the requests. The caller owns it.</param>
public sealed class DatasetDownloader(HttpClient client)
{
    private const int BufferSize = 1 << 16;

    /// <summary>Downloads whatever files of a data set are not there yet.</summary>
    /// <param name="description">The data set.</param>
    /// <param name="directory">Where to put the files, or null for <see cref="DatasetLocator.CacheDirectory(DatasetDescription)"/>.</param>
    /// <param name="progress">Is told of every piece received, or null.</param>
    /// <param name="cancellationToken">Stops the download; nothing half done stays behind.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="HttpRequestException">A server could not be reached or refused.</exception>
    /// <exception cref="InvalidDataException">What came is too large, damaged, or has another checksum than the published one.</exception>
    public async Task<string> DownloadAsync(
        DatasetDescription description, string? directory = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        directory ??= DatasetLocator.CacheDirectory(description);

        // Work happens in a folder of its own inside the target, so that publishing is a rename on one file system.
        var workspace = Path.Combine(directory, $".download-{Guid.NewGuid():N}");
        Directory.CreateDirectory(workspace);
        try
        {
            foreach (var download in description.Downloads.Where(download => !IsPresent(description, download, directory)))
            {
                var received = Path.Combine(workspace, download.FileName);
                await ReceiveAsync(download, received, progress, cancellationToken);
                if (download.IsArchive)
                {
                    await ExtractAsync(description, received, workspace, cancellationToken);
                    File.Delete(received);
                }
            }

            foreach (var file in Directory.EnumerateFiles(workspace))
            {
                File.Move(file, Path.Combine(directory, Path.GetFileName(file)), overwrite: true);
            }
        }
        finally
        {
            Directory.Delete(workspace, recursive: true);
        }

        return directory;
    }

    private static bool IsPresent(DatasetDescription description, DatasetDownload download, string directory)
    {
        if (download.IsArchive)
        {
            return description.Files.All(file => File.Exists(Path.Combine(directory, file.Name)));
        }

        var path = Path.Combine(directory, download.FileName);
        return File.Exists(path) && DatasetVerification.Md5Of(path) == download.Md5;
    }

    private async Task ReceiveAsync(DatasetDownload download, string path, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(download.Url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var file = File.Create(path);

        var total = response.Content.Headers.ContentLength;
        var buffer = new byte[BufferSize];
        var receivedBytes = 0L;
        int count;
        while ((count = await content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            receivedBytes += count;
            if (receivedBytes > download.MaximumBytes)
            {
                throw new InvalidDataException($"{download.Url} sends more than {download.MaximumBytes} bytes, which is not the published file. Try again later.");
            }

            hash.AppendData(buffer, 0, count);
            await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            progress?.Report(new DownloadProgress(download.FileName, receivedBytes, total));
        }

        var md5 = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (md5 != download.Md5)
        {
            throw new InvalidDataException(
                $"{download.Url} must have the MD5 {download.Md5}, not {md5} ({receivedBytes} bytes): it is damaged or was replaced. Try again later.");
        }
    }

    /// <summary>Unpacks the data files. They get the names of the description, so no entry can choose where it is written.</summary>
    private static async Task ExtractAsync(DatasetDescription description, string archive, string directory, CancellationToken cancellationToken)
    {
        var wanted = description.Files.Select(file => file.Name).ToHashSet();

        await using var unpacked = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
        await using var entries = new TarReader(unpacked);
        while (wanted.Count > 0 && await entries.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            var name = entry.Name[(entry.Name.LastIndexOf('/') + 1)..];
            if (entry.DataStream is not null && wanted.Remove(name))
            {
                await using var file = File.Create(Path.Combine(directory, name));
                await entry.DataStream.CopyToAsync(file, cancellationToken);
            }
        }

        if (wanted.Count > 0)
        {
            throw new InvalidDataException($"{Path.GetFileName(archive)} has no {string.Join(", ", wanted.Order())}.");
        }
    }
}
