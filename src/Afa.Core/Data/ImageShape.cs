using System.Globalization;

namespace Afa.Data;

/// <summary>What a model must know of images that lie somewhere else: how many classes they have and how large they are.</summary>
public sealed record ImageShape(int Classes, int Channels, int Height, int Width)
{
    /// <summary>How a shape is written.</summary>
    public const string Form = "CLASSESxCHANNELSxHEIGHTxWIDTH";

    public static ImageShape Of(DatasetDescription dataset) => new(dataset.Classes, dataset.Channels, dataset.Height, dataset.Width);

    /// <summary>Reads four whole numbers, such as 10x3x32x32.</summary>
    /// <returns>Null if the text is something else, or no data set could have that shape.</returns>
    public static ImageShape? Parse(string text)
    {
        var numbers = new List<int>();
        foreach (var part in text.Split('x'))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
            {
                return null;
            }

            numbers.Add(number);
        }

        return numbers is [<= ShardFileHeader.MaximumClasses and var classes, (1 or 3) and var channels, <= ShardFileHeader.MaximumSide and var height, <= ShardFileHeader.MaximumSide and var width]
            ? new(classes, channels, height, width)
            : null;
    }

    /// <summary>What is known of a folder of such images without looking into it. Classes are named by their labels; the radius is the usual one of images in a folder.</summary>
    public DatasetDescription Describe(string folder) => new()
    {
        Name = DatasetFolder.Name(folder),
        Title = Path.GetFileName(DatasetRegistry.Resolve(Path.GetFullPath(folder))),
        Format = DatasetFormat.Images,
        Channels = Channels,
        Height = Height,
        Width = Width,
        ClassNames = [.. Enumerable.Range(0, Classes).Select(label => label.ToString(CultureInfo.InvariantCulture))],
        Files = [],
        Downloads = [],
        FolderNames = [],
        RecommendedEpsilon = ImageFolder.RecommendedEpsilon,
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Classes}x{Channels}x{Height}x{Width}");
}
