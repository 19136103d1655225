using Afa.Storage;
using Xunit;

namespace Afa.Tests.Storage;

public sealed class StoreLocationTests : IDisposable
{
    private const string Key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA==";
    private const string ConnectionString = $"DefaultEndpointsProtocol=https;AccountName=mine;AccountKey={Key};EndpointSuffix=core.windows.net";

    private readonly string _folder = Directory.CreateTempSubdirectory("afa-location-").FullName;
    private readonly Dictionary<string, string> _environment = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Folder_IsADirectoryStoreUnderItsFullPath()
    {
        var location = StoreLocation.Parse(Path.Combine(_folder, "a", "..", "store"));
        Assert.False(await location.ExistsAsync(Variable, Cancellation));

        await location.PrepareAsync(Variable, Cancellation);

        Assert.Equal(Path.Combine(_folder, "store"), location.Folder);
        Assert.Equal(location.Folder, location.ToString());
        Assert.Equal(Path.Combine(_folder, "store", "runs/a"), location.PathOf("runs/a"));
        Assert.IsType<DirectoryBlobStore>(location.Open(Variable));
        Assert.True(await location.ExistsAsync(Variable, Cancellation));
        Assert.Empty(await location.Open(Variable).ListAsync("", Cancellation).ToListAsync(Cancellation));
    }

    [Theory]
    [InlineData("https://mine.blob.core.windows.net/models", "https://mine.blob.core.windows.net/models")]
    [InlineData("https://mine.blob.core.windows.net/models/", "https://mine.blob.core.windows.net/models")]
    [InlineData("HTTPS://mine.blob.core.windows.net/models/team/a/", "https://mine.blob.core.windows.net/models/team/a")]
    public void Address_OfAContainer_IsAnAzureStore(string text, string shown)
    {
        _environment["AFA_STORE_CONNECTION_STRING"] = ConnectionString;
        var location = StoreLocation.Parse(text);

        Assert.Null(location.Folder);
        Assert.Equal(shown, location.ToString());
        Assert.Equal(shown, StoreLocation.Parse(shown).ToString());
        Assert.Equal($"{shown}/runs/a", location.PathOf("runs/a"));
        Assert.IsType<AzureBlobStore>(location.Open(Variable));
    }

    [Theory]
    [InlineData("http://127.0.0.1:18000/account")]
    [InlineData("http://azurite:10000/account")]
    public void Address_OfAServerThatHasTheAccountInItsPath_IsAnAzureStore(string endpoint)
    {
        _environment["AFA_STORE_CONNECTION_STRING"] = $"DefaultEndpointsProtocol=http;AccountName=account;AccountKey={Key};BlobEndpoint={endpoint};";
        var location = StoreLocation.Parse($"{endpoint}/models/team");

        Assert.Equal($"{endpoint}/models/team", location.ToString());
        Assert.IsType<AzureBlobStore>(location.Open(Variable));
    }

    [Fact]
    public void Open_SharedAccessSignature_IsTaken()
    {
        _environment["AFA_STORE_CONNECTION_STRING"] = "BlobEndpoint=https://mine.blob.core.windows.net/;SharedAccessSignature=sv=2024-11-04&sig=U0VDUkVU";

        Assert.IsType<AzureBlobStore>(StoreLocation.Parse("https://mine.blob.core.windows.net/models").Open(Variable));
        Assert.DoesNotContain("U0VDUkVU", Assert.Throws<ArgumentException>(() => StoreLocation.Parse("https://other.blob.core.windows.net/models").Open(Variable)).ToString());
    }

    [Theory]
    [InlineData("https://mine.blob.core.windows.net", "names no container")]
    [InlineData("https://mine.blob.core.windows.net/Upper", "names no container")]
    [InlineData("https://mine.blob.core.windows.net/a--b", "names no container")]
    [InlineData("https://mine.blob.core.windows.net/models/.hidden", "cannot be the name of a blob")]
    [InlineData("ftp://mine.blob.core.windows.net/models", "neither")]
    [InlineData("https://mine.blob.core.windows.net/models?sv=1&sig=SECRET", "never on a command line")]
    [InlineData("https://user:SECRET@mine.blob.core.windows.net/models", "never on a command line")]
    public void Address_ThatIsNone_IsRefusedAndNoSecretRepeated(string text, string expected)
    {
        var error = Assert.Throws<ArgumentException>(() => StoreLocation.Parse(text));

        Assert.Contains(expected, error.Message);
        Assert.DoesNotContain("SECRET", error.ToString());
    }

    [Theory]
    [InlineData("https://other.blob.core.windows.net/models", "https://mine.blob.core.windows.net (account mine)")]
    [InlineData("http://mine.blob.core.windows.net/models", "https://mine.blob.core.windows.net (account mine)")]
    public void Open_ConnectionStringOfAnotherAccount_IsRefused(string text, string expected)
    {
        _environment["AFA_STORE_CONNECTION_STRING"] = ConnectionString;

        var error = Assert.Throws<ArgumentException>(() => StoreLocation.Parse(text).Open(Variable));

        Assert.Contains(expected, error.Message);
        Assert.DoesNotContain(Key, error.ToString());
    }

    [Theory]
    [InlineData("SECRET")]
    [InlineData("AccountName=mine;AccountKey=SECRET")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=mine;AccountKey=SECRET!;EndpointSuffix=core.windows.net")]
    public void Open_ConnectionStringThatIsNone_IsRefusedAndNotRepeated(string connectionString)
    {
        _environment["AFA_STORE_CONNECTION_STRING"] = connectionString;

        var error = Assert.Throws<ArgumentException>(() => StoreLocation.Parse("https://mine.blob.core.windows.net/models").Open(Variable));

        Assert.Contains("AFA_STORE_CONNECTION_STRING is not the connection string", error.Message);
        Assert.DoesNotContain("SECRET", error.ToString());
    }

    [Fact]
    public async Task Open_ConnectionStringInAFile_IsRead()
    {
        var location = StoreLocation.Parse("https://other.blob.core.windows.net/models");
        var file = Path.Combine(_folder, "secret");
        _environment["AFA_STORE_CONNECTION_STRING_FILE"] = file;
        Assert.Contains(file, Assert.Throws<IOException>(() => location.Open(Variable)).Message);

        await File.WriteAllTextAsync(file, ConnectionString + "\n", Cancellation);

        Assert.Contains("account mine", Assert.Throws<ArgumentException>(() => location.Open(Variable)).Message);
    }

    [Fact]
    public void Open_NoConnectionString_TakesAnIdentityOverHttpsOnly()
    {
        Assert.IsType<AzureBlobStore>(StoreLocation.Parse("https://mine.blob.core.windows.net/models").Open(Variable));
        Assert.Contains(
            "not https", Assert.Throws<ArgumentException>(() => StoreLocation.Parse("http://127.0.0.1:10000/account/models").Open(Variable)).Message);
    }

    private string? Variable(string name) => _environment.GetValueOrDefault(name);
}
