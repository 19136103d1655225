using System.Text.RegularExpressions;
using Afa.Checkpoints;
using Azure.Storage.Blobs;

namespace Afa.Storage;

/// <summary>Where a store lies: a folder, or a container of an Azure storage account, or a folder in that. It holds no secret.</summary>
public sealed partial class StoreLocation
{
    /// <summary>Variable with a connection string of the account: with its key or a shared access signature.</summary>
    public const string ConnectionStringVariable = "AFA_STORE_CONNECTION_STRING";

    /// <summary>Variable with the name of a file that holds the connection string, such as a mounted secret.</summary>
    public const string ConnectionStringFileVariable = "AFA_STORE_CONNECTION_STRING_FILE";

    private readonly Uri? _container;
    private readonly string _folderInContainer = "";

    private StoreLocation(string folder) => Folder = folder;

    private StoreLocation(Uri container, string folderInContainer) => (_container, _folderInContainer) = (container, folderInContainer);

    /// <summary>Full path of the folder; null for a container.</summary>
    public string? Folder { get; }

    /// <summary>Reads a location as a user writes it.</summary>
    /// <param name="text">Path of a folder, or https://ACCOUNT.blob.core.windows.net/CONTAINER[/FOLDER].</param>
    /// <exception cref="ArgumentException">It is an address, but not one of a container, or it holds a secret.</exception>
    public static StoreLocation Parse(string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        return text.Contains("://", StringComparison.Ordinal) ? ParseAddress(text) : new(Path.GetFullPath(text));
    }

    /// <summary>Opens the store. Nothing is read or written yet.</summary>
    /// <param name="environment">Looks up the variables with the credentials; null: those of this process.</param>
    /// <exception cref="ArgumentException">The credentials do not fit the location; the text says why.</exception>
    public IBlobStore Open(Func<string, string?>? environment = null) =>
        Folder is not null ? new DirectoryBlobStore(Folder) : OpenContainer(environment);

    /// <summary>Whether there is a store: the folder or the container exists.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    public Task<bool> ExistsAsync(Func<string, string?>? environment = null, CancellationToken cancellationToken = default) =>
        Folder is not null ? Task.FromResult(Directory.Exists(Folder)) : OpenContainer(environment).ExistsAsync(cancellationToken);

    /// <summary>Creates the store if it is missing and writes a blob for a trial, so that one that cannot be written to is found before work starts.</summary>
    /// <exception cref="IOException">It cannot be created or written to.</exception>
    public async Task PrepareAsync(Func<string, string?>? environment = null, CancellationToken cancellationToken = default)
    {
        var store = Open(environment);
        var probe = $"probe-{Guid.NewGuid():N}";
        await store.WriteAsync(probe, Array.Empty<byte>(), cancellationToken);
        await store.DeleteAsync(probe, cancellationToken);
    }

    /// <summary>Where a blob lies, for people: a path or an address.</summary>
    public string PathOf(string name) => Folder is not null ? Path.Combine(Folder, name) : $"{this}/{name}";

    /// <summary>The full path or the address, which <see cref="Parse"/> takes.</summary>
    public override string ToString() => Folder ?? (_folderInContainer.Length > 0 ? $"{_container}/{_folderInContainer}" : $"{_container}");

    private AzureBlobStore OpenContainer(Func<string, string?>? environment) =>
        new(AzureContainer.Open(_container!, environment ?? Environment.GetEnvironmentVariable, AzureBlobStore.ClientOptions()), _folderInContainer);

    private static StoreLocation ParseAddress(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp))
        {
            throw new ArgumentException("A store is a folder or an address such as https://ACCOUNT.blob.core.windows.net/CONTAINER/FOLDER; what was given is neither.");
        }

        if (address.Query.Length > 0 || address.UserInfo.Length > 0 || address.Fragment.Length > 0)
        {
            // It may be a shared access signature, so it is not repeated here.
            throw new ArgumentException(
                $"The store's address must end with the name of a container or a folder in it; leave out what comes after '?', '#' or before '@'. " +
                $"A shared access signature belongs into {ConnectionStringVariable} (BlobEndpoint=…;SharedAccessSignature=…), never on a command line.");
        }

        var parts = new BlobUriBuilder(address);
        if (!ContainerName().IsMatch(parts.BlobContainerName))
        {
            throw new ArgumentException(
                $"The store {address} names no container: it needs one after the account, of 3 to 63 of the characters a-z, 0-9 and '-', " +
                "such as https://ACCOUNT.blob.core.windows.net/afa.");
        }

        var folder = parts.BlobName.TrimEnd('/');
        if (folder.Length > 0)
        {
            BlobName.Validate(folder);
        }

        parts.BlobName = "";
        return new(new Uri(parts.ToUri().GetLeftPart(UriPartial.Path).TrimEnd('/')), folder);
    }

    [GeneratedRegex(@"\A(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\z")]
    private static partial Regex ContainerName();
}
