namespace Afa.Data;

/// <summary>What is known about a data set before its files are read.</summary>
public sealed record DatasetDescription
{
    /// <summary>Name in options and folders, such as <c>cifar-10</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Name for people.</summary>
    public required string Title { get; init; }

    public required DatasetFormat Format { get; init; }

    public required int Channels { get; init; }

    public required int Height { get; init; }

    public required int Width { get; init; }

    /// <summary>Name of each class; the position is the label.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>The data files, in the order in which they are read. For <see cref="DatasetFormat.Idx"/>: images before labels.</summary>
    public required IReadOnlyList<DatasetFile> Files { get; init; }

    /// <summary>Where the files can be downloaded.</summary>
    public required IReadOnlyList<DatasetDownload> Downloads { get; init; }

    /// <summary>An archive that has to be downloaded and unpacked by hand, or null.</summary>
    public Uri? ManualDownload { get; init; }

    /// <summary>Sub folders of a data folder in which the files are looked for, the first is the preferred one.</summary>
    public required IReadOnlyList<string> FolderNames { get; init; }

    /// <summary>Debian package that installs the files, or null.</summary>
    public string? DebianPackage { get; init; }

    /// <summary>L∞ bound in pixel units that the literature uses with this data set.</summary>
    public required double RecommendedEpsilon { get; init; }

    /// <summary>Mean of each channel in [0, 1] for normalization, empty if images are used as they are.</summary>
    public IReadOnlyList<double> ChannelMean { get; init; } = [];

    /// <summary>Standard deviation of each channel, empty if images are used as they are.</summary>
    public IReadOnlyList<double> ChannelStd { get; init; } = [];

    /// <summary>Number of classes.</summary>
    public int Classes => ClassNames.Count;

    /// <summary>Bytes of one image: channels × height × width.</summary>
    public int ImageSize => Channels * Height * Width;

    /// <summary>The files of one split, in the order in which they are read.</summary>
    public IReadOnlyList<DatasetFile> FilesOf(DataSplit split) => [.. Files.Where(file => file.Split == split)];
}
