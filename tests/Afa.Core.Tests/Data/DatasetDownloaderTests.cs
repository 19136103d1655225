using System.Formats.Tar;
using System.Net;
using System.Security.Cryptography;
using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public class DatasetDownloaderTests
{
    private static readonly byte[] TestBatch = DataFolder.Cifar(2);

    [Fact]
    public async Task DownloadAsync_Archive_ExtractsOnlyDataFiles()
    {
        using var folder = new DataFolder();
        var archive = Archive(("../../evil.bin", [1]), ("cifar/readme.html", [2]), ("/cifar/../data_batch_1.bin", TestBatch), ("cifar/test_batch.bin", TestBatch));
        using var server = new FakeServer(archive);
        var description = Described(archive, ["data_batch_1.bin", "test_batch.bin"]);
        var target = Path.Combine(folder.Path, "a", "b");

        Assert.Equal(target, await server.DownloadAsync(description, target));

        Assert.Equal(["data_batch_1.bin", "test_batch.bin"], Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order());
        Assert.Equal(TestBatch, await File.ReadAllBytesAsync(Path.Combine(target, "test_batch.bin"), TestContext.Current.CancellationToken));
        Assert.Equal([target], Directory.EnumerateDirectories(Path.Combine(folder.Path, "a")));
        Assert.Empty(Directory.EnumerateDirectories(target));
    }

    [Fact]
    public async Task DownloadAsync_Again_RequestsNothing()
    {
        using var folder = new DataFolder();
        var archive = Archive(("test_batch.bin", TestBatch));
        using var server = new FakeServer(archive);
        var description = Described(archive, ["test_batch.bin"]);

        await server.DownloadAsync(description, folder.Path);
        await server.DownloadAsync(description, folder.Path);

        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task DownloadAsync_PlainFileWithWrongContent_IsReplaced()
    {
        using var folder = new DataFolder();
        var path = folder.Write("labels.gz", [9]);
        using var server = new FakeServer([1, 2, 3]);

        await server.DownloadAsync(Described([1, 2, 3], ["labels.gz"], "labels.gz"), folder.Path);

        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task DownloadAsync_OtherChecksum_LeavesNothing()
    {
        using var folder = new DataFolder();
        using var server = new FakeServer([1, 2, 4]);

        var exception = await Assert.ThrowsAsync<InvalidDataException>(
            () => server.DownloadAsync(Described([1, 2, 3], ["labels.gz"], "labels.gz"), folder.Path));

        Assert.Contains("must have the MD5 5289df737df57326fcdd22597afb1fac, not", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task DownloadAsync_TooLarge_LeavesNothing()
    {
        using var folder = new DataFolder();
        using var server = new FakeServer(new byte[1_000_001]);

        var exception = await Assert.ThrowsAsync<InvalidDataException>(
            () => server.DownloadAsync(Described(new byte[1_000_001], ["labels.gz"], "labels.gz"), folder.Path));

        Assert.Contains("sends more than 1000000 bytes", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task DownloadAsync_ArchiveWithoutFile_NamesIt()
    {
        using var folder = new DataFolder();
        var archive = Archive(("test_batch.bin", TestBatch));
        using var server = new FakeServer(archive);

        var exception = await Assert.ThrowsAsync<InvalidDataException>(
            () => server.DownloadAsync(Described(archive, ["test_batch.bin", "data_batch_1.bin"]), folder.Path));

        Assert.Equal("cifar.tar.gz has no data_batch_1.bin.", exception.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task DownloadAsync_ServerRefuses_LeavesNothing()
    {
        using var folder = new DataFolder();
        using var server = new FakeServer([1], HttpStatusCode.NotFound);

        await Assert.ThrowsAsync<HttpRequestException>(() => server.DownloadAsync(Described([1], ["labels.gz"], "labels.gz"), folder.Path));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    private static DatasetDescription Described(byte[] content, string[] files, string downloadName = "cifar.tar.gz") =>
        DatasetRegistry.Get("cifar-10") with
        {
            Files = [.. files.Select(name => new DatasetFile(name, DataSplit.Test, 2, []))],
            Downloads = [new DatasetDownload(new Uri("https://data.example/" + downloadName), Md5(content), 1_000_000)],
        };

    private static string Md5(byte[] content) => Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.MD5, content));

    private static byte[] Archive(params (string Name, byte[] Content)[] entries)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        }

        return DataFolder.Gzip(tar.ToArray());
    }

    /// <summary>Answers every request with the same content, without a network.</summary>
    private sealed class FakeServer(byte[] content, HttpStatusCode status = HttpStatusCode.OK) : HttpMessageHandler
    {
        public int Requests { get; private set; }

        public async Task<string> DownloadAsync(DatasetDescription description, string directory)
        {
            using var client = new HttpClient(this, disposeHandler: false);
            return await new DatasetDownloader(client).DownloadAsync(description, directory, cancellationToken: TestContext.Current.CancellationToken);
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            return Task.FromResult(new HttpResponseMessage(status) { Content = new ByteArrayContent(content) });
        }
    }
}
