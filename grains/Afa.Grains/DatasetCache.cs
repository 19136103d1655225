using System.Collections.Concurrent;
using Afa.Data;

namespace Afa.Grains;

/// <summary>Holds each data set once for all grains of the silo. Images are read only.</summary>
public sealed class DatasetCache
{
    private readonly ConcurrentDictionary<(string Name, DataSplit Split, string? Directory), Lazy<ImageDataset>> _loaded = new();

    /// <inheritdoc cref="DatasetLoader.Load"/>
    public ImageDataset Get(string name, DataSplit split, string? directory)
    {
        var key = (name, split, directory);
        try
        {
            return _loaded.GetOrAdd(key, _ => new Lazy<ImageDataset>(() => DatasetLoader.Load(name, split, directory))).Value;
        }
        catch
        {
            _loaded.TryRemove(key, out _);   // So that mended files are found without a restart.
            throw;
        }
    }
}
