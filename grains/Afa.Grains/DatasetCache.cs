using System.Collections.Concurrent;
using Afa.Data;
using Afa.Training;

namespace Afa.Grains;

/// <summary>Holds each data set once for all grains of the silo. Images are read only.</summary>
/// <remarks>Of an owner's files it gives nothing but to that owner's part in federations: neither trainings nor evaluations, whose examples are images, see them.</remarks>
public sealed class DatasetCache(SiloOwner owner)
{
    private readonly ConcurrentDictionary<(string Name, DataSplit Split, string? Directory), Lazy<ImageDataset>> _opened = new();
    private readonly ConcurrentDictionary<(string Name, DataSplit Split, string? Directory), Lazy<ImageDataset>> _loaded = new();
    private readonly ConcurrentDictionary<(string Path, string Dataset), Lazy<GeneratedImages>> _generated = new();

    /// <inheritdoc cref="DatasetLoader.Load"/>
    /// <exception cref="ArgumentException">The files are the owner's.</exception>
    public ImageDataset Get(string name, DataSplit split, string? directory)
    {
        RefuseOwned(name, split, directory);
        return GetOwned(name, split, directory);
    }

    /// <inheritdoc cref="DatasetLoader.Open"/>
    /// <exception cref="ArgumentException">The files are the owner's.</exception>
    public ImageDataset Open(string name, DataSplit split, string? directory)
    {
        RefuseOwned(name, split, directory);
        return OpenOwned(name, split, directory);
    }

    /// <summary>The generated images that a run mixes into its batches; null if it uses none.</summary>
    /// <inheritdoc cref="GeneratedImages.Open"/>
    /// <exception cref="ArgumentException">The files are the owner's.</exception>
    public GeneratedImages? GetGenerated(TrainingOptions options)
    {
        RefuseOwned(options.Generated.Path);
        return GetOwnedGenerated(options);
    }

    /// <summary>As <see cref="Get"/>, for the owner's participant.</summary>
    internal ImageDataset GetOwned(string name, DataSplit split, string? directory) =>
        Get(_loaded, (name, split, directory), () => DatasetLoader.Decoded(OpenOwned(name, split, directory)));

    /// <summary>As <see cref="GetGenerated"/>, for the owner's participant.</summary>
    internal GeneratedImages? GetOwnedGenerated(TrainingOptions options) => options.Generated.Path is { } path
        ? Get(_generated, (path, options.Dataset), () => GeneratedImages.Open(path, options.DatasetDescription()))
        : null;

    private ImageDataset OpenOwned(string name, DataSplit split, string? directory) =>
        Get(_opened, (name, split, directory), () => DatasetLoader.Open(name, split, directory));

    private void RefuseOwned(string name, DataSplit split, string? directory)
    {
        if (owner.DataDirectory is not null)
        {
            RefuseOwned(DatasetRegistry.IsPath(name) ? [name] : [.. DatasetLocator.Locate(DatasetRegistry.Get(name), split, directory)]);
        }
    }

    private void RefuseOwned(params string?[] paths)
    {
        if (Array.Exists(paths, owner.Owns))
        {
            throw new ArgumentException($"The files there belong to '{owner.Name}', who lets only federations use them.");
        }
    }

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
