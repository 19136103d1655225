using Afa.Storage;
using Azure.Storage.Blobs;
using Xunit;

namespace Afa.Tests.Storage;

/// <summary>The tests that share one Azurite, one after the other, as some of them stop it for a while.</summary>
[CollectionDefinition(Name)]
public sealed class SharedAzurite : ICollectionFixture<AzuriteServer>
{
    public const string Name = "azurite";

    /// <summary>The store's own settings, but retries that suit a server on the same machine: for about half a minute, as it may be busy.</summary>
    public static BlobClientOptions QuickRetries()
    {
        var options = AzureBlobStore.ClientOptions();
        options.Retry.Delay = TimeSpan.FromMilliseconds(50);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(500);
        options.Retry.MaxRetries = 60;
        return options;
    }
}
