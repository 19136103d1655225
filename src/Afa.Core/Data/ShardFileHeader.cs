using System.Text.Json;
using Afa.Training;

namespace Afa.Data;

/// <summary>What a shard file says about its images, stored as JSON.</summary>
internal sealed record ShardFileHeader
{
    /// <summary>Largest height or width in pixels.</summary>
    public const int MaximumSide = 4096;

    /// <summary>Labels are bytes.</summary>
    public const int MaximumClasses = byte.MaxValue + 1;

    private const int MaximumNameLength = 200;

    public required string Name { get; init; }

    public required string Title { get; init; }

    public required DataSplit Split { get; init; }

    /// <summary>Images in the file.</summary>
    public required int Count { get; init; }

    public required int Channels { get; init; }

    public required int Height { get; init; }

    public required int Width { get; init; }

    public required IReadOnlyList<string> ClassNames { get; init; }

    public required double RecommendedEpsilon { get; init; }

    public IReadOnlyList<double> ChannelMean { get; init; } = [];

    public IReadOnlyList<double> ChannelStd { get; init; } = [];

    /// <summary>Images that share a checksum.</summary>
    public required int ImagesPerChunk { get; init; }

    /// <summary>Number of the file among those of its split, from 0.</summary>
    public int Shard { get; init; }

    /// <summary>How many files the split was divided into.</summary>
    public int Shards { get; init; } = 1;

    /// <summary>Bytes of one image.</summary>
    public int ImageSize() => Channels * Height * Width;

    /// <summary>Number of checksums.</summary>
    public int Chunks() => (int)(((long)Count + ImagesPerChunk - 1) / ImagesPerChunk);

    public static ShardFileHeader Of(DatasetDescription description, DataSplit split, int count, int imagesPerChunk, int shard, int shards) => new()
    {
        Name = description.Name,
        Title = description.Title,
        Split = split,
        Count = count,
        Channels = description.Channels,
        Height = description.Height,
        Width = description.Width,
        ClassNames = description.ClassNames,
        RecommendedEpsilon = description.RecommendedEpsilon,
        ChannelMean = description.ChannelMean,
        ChannelStd = description.ChannelStd,
        ImagesPerChunk = imagesPerChunk,
        Shard = shard,
        Shards = shards,
    };

    public DatasetDescription Describe() => new()
    {
        Name = Name,
        Title = Title,
        Format = DatasetFormat.Shards,
        Channels = Channels,
        Height = Height,
        Width = Width,
        ClassNames = ClassNames,
        Files = [],
        Downloads = [],
        FolderNames = [],
        RecommendedEpsilon = RecommendedEpsilon,
        ChannelMean = ChannelMean,
        ChannelStd = ChannelStd,
    };

    /// <summary>Whether both describe the same data set.</summary>
    public bool FitsTo(ShardFileHeader other) =>
        (Name, Channels, Height, Width) == (other.Name, other.Channels, other.Height, other.Width) && ClassNames.SequenceEqual(other.ClassNames);

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, AfaJson.Options);

    /// <summary>Reads and checks a header of which nothing is trusted.</summary>
    /// <exception cref="InvalidDataException">It is not one.</exception>
    public static ShardFileHeader Read(ReadOnlySpan<byte> json, string path)
    {
        ShardFileHeader? header;
        try
        {
            header = JsonSerializer.Deserialize<ShardFileHeader>(json, AfaJson.Options);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} has a header that cannot be read: {exception.Message}", exception);
        }

        var problem = header is null ? "it is empty" : header.Problem();
        return problem is null ? header! : throw new InvalidDataException($"{path} has a header that cannot be right: {problem}.");
    }

    /// <summary>Whether a text can be shown: control characters could steer a terminal.</summary>
    private static bool IsText(string? text) => text is { Length: <= MaximumNameLength } && !text.Any(char.IsControl);

    private string? Problem()
    {
        if (Name is null or { Length: 0 or > DatasetFolder.MaximumNameLength } || !Name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'))
        {
            return $"its name must have 1 to {DatasetFolder.MaximumNameLength} of the characters a-z, 0-9 and '-'";
        }

        if (!IsText(Title))
        {
            return $"its title must have up to {MaximumNameLength} characters, none of them a control character";
        }

        if (!Enum.IsDefined(Split) || Shards < 1 || Shard < 0 || Shard >= Shards)
        {
            return $"split {Split}, shard {Shard} of {Shards}";
        }

        if (Channels is not (1 or 3) || Height is < 1 or > MaximumSide || Width is < 1 or > MaximumSide)
        {
            return $"images must have 1 or 3 channels and sides in [1, {MaximumSide}], not [{Channels}, {Height}, {Width}]";
        }

        if (Count < 1 || ImagesPerChunk < 1 || ImagesPerChunk > Count)
        {
            return $"{Count} images, {ImagesPerChunk} to a checksum";
        }

        if (ClassNames is null or { Count: < 1 or > MaximumClasses } || !ClassNames.All(IsText))
        {
            return $"it must name 1 to {MaximumClasses} classes in up to {MaximumNameLength} characters each, none of them a control character";
        }

        if (RecommendedEpsilon is not (> 0 and <= 1))
        {
            return $"the usual epsilon must be in (0, 1], not {RecommendedEpsilon}";
        }

        var hasNormalization = ChannelMean?.Count > 0 || ChannelStd?.Count > 0;
        return ChannelMean is null || ChannelStd is null || (hasNormalization && (ChannelMean.Count != Channels || ChannelStd.Count != Channels || !ChannelStd.All(value => value > 0)))
            ? $"mean and deviation must be given for each of {Channels} channels, or not at all"
            : null;
    }
}
