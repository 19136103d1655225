namespace Afa.Checkpoints;

/// <summary>Reads whole files of the file system up to a bound.</summary>
internal static class BoundedFile
{
    /// <returns>Null if there is no such file.</returns>
    /// <exception cref="InvalidDataException">The file is larger than the bound.</exception>
    public static async Task<byte[]?> ReadAsync(string path, long maxSizeInBytes, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return null;
        }

        if (file.Length > maxSizeInBytes)
        {
            throw new InvalidDataException($"{path} has {file.Length} bytes; at most {maxSizeInBytes} can be read.");
        }

        // Not ReadAllBytes, which reads without end from a device, whose length is 0.
        await using var stream = file.OpenRead();
        var content = new byte[file.Length];
        var count = await stream.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellationToken);
        return content[..count];
    }
}
