using System.ComponentModel.DataAnnotations;

namespace Afa.Data;

/// <summary>Converts any data set that can be read into files that are mapped into memory and checked as they are used (<see cref="ShardFile"/>).</summary>
/// <remarks>
/// Images pass one by one, in the order of the source, so memory holds labels and one image, however large the data set is. (The files of
/// MNIST and CIFAR are small and are read whole.) Images keep their sample ids, so a run on the converted files draws the same noise.
/// </remarks>
public static class DatasetConverter
{
    /// <summary>Converts a data set into a new folder, which appears complete or not at all.</summary>
    /// <param name="source">Name in <see cref="DatasetRegistry"/>, path of a folder, or of an <c>.npz</c> file of generated images.</param>
    /// <param name="dataDirectory">The only folder to search for a data set with a name; null for the usual places.</param>
    /// <param name="target">A folder that does not exist yet.</param>
    /// <param name="options">What to do.</param>
    /// <param name="progress">Is told now and then, or null.</param>
    /// <param name="cancellationToken">Stops the conversion; nothing half done stays behind.</param>
    /// <returns>The splits with the images of each file.</returns>
    /// <exception cref="ArgumentException">The name is not known, the options do not fit the source, or there are fewer images than files.</exception>
    /// <exception cref="DatasetNotFoundException">The source is not there.</exception>
    /// <exception cref="InvalidDataException">The source is damaged.</exception>
    /// <exception cref="IOException">The target exists or cannot be written.</exception>
    public static IReadOnlyList<(DataSplit Split, IReadOnlyList<int> FileSizes)> Convert(
        string source, string? dataDirectory, string target, ConversionOptions options, IProgress<ConversionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        if (Path.Exists(target))
        {
            throw new IOException($"{target} exists already. Name a new folder, or remove that one.");
        }

        var datasets = Open(source, dataDirectory, options);
        var plans = datasets.Select(dataset => Plan(dataset, options)).ToList();
        var total = datasets.Sum(dataset => (long)dataset.Count);
        var done = 0L;

        // Work happens beside the target, so that publishing is a rename on one file system.
        var workspace = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(workspace);
        try
        {
            foreach (var (dataset, plan) in datasets.Zip(plans))
            {
                Write(dataset, plan, workspace, count => progress?.Report(new ConversionProgress(dataset.Split, done + count, total)), cancellationToken);
                done += dataset.Count;
            }

            Directory.Move(workspace, target);
        }
        catch
        {
            Directory.Delete(workspace, recursive: true);
            throw;
        }

        return [.. datasets.Zip(plans, (dataset, plan) => (dataset.Split, (IReadOnlyList<int>)[.. plan.Select(shard => shard.Length)]))];
    }

    private static IReadOnlyList<ImageDataset> Open(string source, string? dataDirectory, ConversionOptions options)
    {
        var isPath = DatasetRegistry.IsPath(source);
        if (dataDirectory is not null && (isPath || IsNpz(source)))
        {
            throw new ArgumentException($"A data folder says where the files of a data set with a name are; {source} is a path already.");
        }

        if (IsNpz(source))
        {
            return options.Size is null ? [OpenNpz(source)] : throw OnlyForFolders(options.Size);
        }

        if (!isPath)
        {
            return options.Size is null
                ? [.. Enum.GetValues<DataSplit>().Select(split => DatasetLoader.Open(source, split, dataDirectory))]
                : throw OnlyForFolders(options.Size);
        }

        var folder = DatasetRegistry.Resolve(source);
        var splits = DatasetFolder.Splits(folder);
        if (options.Size is { } size)
        {
            return DatasetRegistry.Get(folder).Format == DatasetFormat.Images
                ? [.. splits.Select(split => ImageFolder.Open(folder, split, size))]
                : throw OnlyForFolders(size);
        }

        return [.. splits.Select(split => DatasetFolder.Open(folder, split))];
    }

    /// <summary>Whether a source is a file of NumPy arrays.</summary>
    internal static bool IsNpz(string source) => source.EndsWith(".npz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens a file of NumPy arrays as a training split whose images can be read once, in order.</summary>
    internal static ImageDataset OpenNpz(string path)
    {
        if (!File.Exists(path))
        {
            throw new DatasetNotFoundException($"There is no file {Path.GetFullPath(path)}.");
        }

        var npz = NpzFile.Open(path);
        var description = new DatasetDescription
        {
            Name = DatasetFolder.Name(Path.GetFileNameWithoutExtension(path)),
            Title = Path.GetFileName(path),
            Format = DatasetFormat.Shards,
            Channels = npz.Channels,
            Height = npz.Height,
            Width = npz.Width,
            ClassNames = [.. Enumerable.Range(0, npz.Labels.Max() + 1).Select(label => $"{label}")],
            Files = [],
            Downloads = [],
            FolderNames = [],
            RecommendedEpsilon = 8.0 / 255,
        };
        return new ImageDataset(description, DataSplit.Train, npz.InOrder(), npz.Labels, [.. Enumerable.Range(0, npz.Count)]);
    }

    private static ArgumentException OnlyForFolders(int? size) => new($"Size is {size}, but only the images of a folder can be brought to a size.");

    private static int[][] Plan(ImageDataset dataset, ConversionOptions options) => dataset.Split == DataSplit.Train && options.Shards > 1
        ? ShardPlan.Create(dataset.Labels.Span, options.Shards, options.Plan, options.Seed, new DirichletOptions { Alpha = options.DirichletAlpha })
        : [[.. Enumerable.Range(0, dataset.Count)]];

    private static void Write(ImageDataset dataset, int[][] plan, string folder, Action<int> report, CancellationToken cancellationToken)
    {
        var shardOf = new int[dataset.Count];
        for (var shard = 0; shard < plan.Length; shard++)
        {
            foreach (var index in plan[shard])
            {
                shardOf[index] = shard;
            }
        }

        var writers = new List<ShardFileWriter>();
        try
        {
            for (var shard = 0; shard < plan.Length; shard++)
            {
                writers.Add(Create(dataset, plan, shard, folder));
            }

            // Shards list their images in ascending order, so each gets them in its own order when all pass by once.
            var image = new byte[dataset.Description.ImageSize];
            var pace = new ProgressPace(dataset.Count);
            for (var index = 0; index < dataset.Count; index++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                dataset.Rows.Read(index, image);
                writers[shardOf[index]].Append(image);
                if (pace.IsDue(index + 1))
                {
                    report(index + 1);
                }
            }

            writers.ForEach(writer => writer.Complete());
        }
        finally
        {
            writers.ForEach(writer => writer.Dispose());
        }
    }

    private static ShardFileWriter Create(ImageDataset dataset, int[][] plan, int shard, string folder)
    {
        var (indices, labels, ids) = (plan[shard], dataset.Labels, dataset.SampleIds);
        var perChunk = ShardFileWriter.ImagesPerChunk(dataset.Description.ImageSize, indices.Length);
        return new ShardFileWriter(
            Path.Combine(folder, DatasetFolder.FileName(dataset.Split, shard, plan.Length)),
            ShardFileHeader.Of(dataset.Description, dataset.Split, indices.Length, perChunk, shard, plan.Length),
            Array.ConvertAll(indices, index => labels.Span[index]),
            Array.ConvertAll(indices, index => ids.Span[index]));
    }
}
