using Azure.Identity;
using Azure.Storage.Blobs;

namespace Afa.Storage;

/// <summary>Opens a container by the credentials that the environment holds: none ever comes from a command line or is stored.</summary>
internal static class AzureContainer
{
    private const int MaxFileSizeInBytes = 64 * 1024;

    /// <summary>Opens a container with the connection string if there is one, else with the identity of the workload or of the signed-in user.</summary>
    /// <param name="container">Address of the container, without a query.</param>
    /// <param name="environment">Looks up a variable.</param>
    /// <exception cref="ArgumentException">The connection string is not one, or is of another account; or there is none, and the address is not https.</exception>
    /// <exception cref="IOException">The file of the connection string cannot be read.</exception>
    public static BlobContainerClient Open(Uri container, Func<string, string?> environment, BlobClientOptions options)
    {
        if (ConnectionString(environment) is not { } connectionString)
        {
            return container.Scheme == Uri.UriSchemeHttps
                ? new BlobContainerClient(container, new DefaultAzureCredential(), options)
                : throw new ArgumentException(
                    $"The store {container} is not https, so no identity's token may be sent to it. Set {StoreLocation.ConnectionStringVariable}, or name an https address.");
        }

        var address = new BlobUriBuilder(container);
        var client = Parse(connectionString, options).GetBlobContainerClient(address.BlobContainerName);
        return client.Uri.GetLeftPart(UriPartial.Path) == container.GetLeftPart(UriPartial.Path)
            ? client
            : throw new ArgumentException(
                $"The store is {container}, but {StoreLocation.ConnectionStringVariable} is for {client.Uri.GetLeftPart(UriPartial.Authority)} (account {client.AccountName}). Change one of them.");
    }

    private static BlobServiceClient Parse(string connectionString, BlobClientOptions options)
    {
        try
        {
            return new BlobServiceClient(connectionString, options);
        }
        catch (Exception error) when (error is FormatException or ArgumentException or InvalidOperationException)
        {
            // The reason would repeat parts of the secret.
            throw new ArgumentException(
                $"{StoreLocation.ConnectionStringVariable} is not the connection string of a storage account, such as " +
                "DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net; 'az storage account show-connection-string' prints it.");
        }
    }

    private static string? ConnectionString(Func<string, string?> environment)
    {
        if (environment(StoreLocation.ConnectionStringVariable) is { Length: > 0 } given)
        {
            return given;
        }

        if (environment(StoreLocation.ConnectionStringFileVariable) is not { Length: > 0 } path)
        {
            return null;
        }

        try
        {
            var file = new FileInfo(path);
            return file.Length <= MaxFileSizeInBytes
                ? File.ReadAllText(path).Trim()
                : throw new IOException($"it has {file.Length} bytes; at most {MaxFileSizeInBytes} are expected.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The connection string cannot be read from {path}, which {StoreLocation.ConnectionStringFileVariable} names: {error.Message}");
        }
    }
}
