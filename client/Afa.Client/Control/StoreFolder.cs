namespace Afa.Client.Control;

/// <summary>The folder of a store.</summary>
internal static class StoreFolder
{
    /// <summary>Creates the folder if it is missing.</summary>
    /// <exception cref="UsageException">It cannot be created or written to.</exception>
    public static void Create(string store)
    {
        try
        {
            Directory.CreateDirectory(store);

            // A store that cannot be written to is found now, not after an epoch.
            File.Create(Path.Combine(store, $".probe-{Guid.NewGuid():N}"), bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The store's folder {store} cannot be created or written to: {exception.Message}");
        }
    }
}
