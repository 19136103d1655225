using System.Collections.Concurrent;
using Afa.Data;
using Afa.Training;

namespace Afa.Grains;

/// <summary>Holds each data set once for all grains of the silo. Images are read only.</summary>
public sealed class DatasetCache
{
    private readonly ConcurrentDictionary<(string Name, DataSplit Split, string? Directory), Lazy<ImageDataset>> _opened = new();
    private readonly ConcurrentDictionary<(string Name, DataSplit Split, string? Directory), Lazy<ImageDataset>> _loaded = new();
    private readonly ConcurrentDictionary<(string Path, string Dataset), Lazy<GeneratedImages>> _generated = new();

    /// <inheritdoc cref="DatasetLoader.Load"/>
    public ImageDataset Get(string name, DataSplit split, string? directory) =>
        Get(_loaded, (name, split, directory), () => DatasetLoader.Decoded(Open(name, split, directory)));

    /// <inheritdoc cref="DatasetLoader.Open"/>
    public ImageDataset Open(string name, DataSplit split, string? directory) =>
        Get(_opened, (name, split, directory), () => DatasetLoader.Open(name, split, directory));

    /// <summary>The generated images that a run mixes into its batches; null if it uses none.</summary>
    /// <inheritdoc cref="GeneratedImages.Open"/>
    public GeneratedImages? GetGenerated(TrainingOptions options) => options.Generated.Path is { } path
        ? Get(_generated, (path, options.Dataset), () => GeneratedImages.Open(path, options.DatasetDescription()))
        : null;

    private static TValue Get<TKey, TValue>(ConcurrentDictionary<TKey, Lazy<TValue>> loaded, TKey key, Func<TValue> load)
        where TKey : notnull
    {
        try
        {
            return loaded.GetOrAdd(key, _ => new Lazy<TValue>(load)).Value;
        }
        catch
        {
            loaded.TryRemove(key, out _);   // So that mended files are found without a restart.
            throw;
        }
    }
}
