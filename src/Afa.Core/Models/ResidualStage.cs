namespace Afa.Models;

/// <summary>The blocks of one width.</summary>
/// <param name="Outputs">Channels of what each block gives.</param>
/// <param name="Blocks">How many.</param>
/// <param name="Stride">Of the first block; the others have 1.</param>
internal sealed record ResidualStage(int Outputs, int Blocks, int Stride)
{
    /// <summary>The four stages of a ResNet: table 1 of He et al. 2016 (arXiv:1512.03385).</summary>
    /// <param name="expansion">Times a block's inner channels, those that it gives.</param>
    public static IReadOnlyList<ResidualStage> OfResNet(ModelOptions options, int depth, int expansion = 1)
    {
        int[] blocks = depth switch
        {
            18 => [2, 2, 2, 2],
            34 or 50 => [3, 4, 6, 3],
            _ => throw new ArgumentOutOfRangeException(nameof(depth), depth, "A ResNet has 18, 34 or 50 layers."),
        };
        return [.. blocks.Select((count, stage) => new ResidualStage(expansion * options.Scale(64 << stage), count, stage == 0 ? 1 : 2))];
    }

    /// <summary>The three stages of a WideResNet: table 1 of Zagoruyko and Komodakis 2016 (arXiv:1605.07146).</summary>
    public static IReadOnlyList<ResidualStage> OfWideResNet(ModelOptions options) =>
        [.. Enumerable.Range(0, 3).Select(stage => new ResidualStage(options.Scale(16 << stage), (options.Depth - 4) / 6, stage == 0 ? 1 : 2))];

    /// <summary>Makes the blocks of all stages, first to last.</summary>
    /// <param name="inputs">Channels that the first block reads.</param>
    /// <param name="create">Makes a block from its stage and place in it, both from 0, the channels that it reads and gives, and its stride.</param>
    public static IReadOnlyList<T> Build<T>(IReadOnlyList<ResidualStage> stages, int inputs, Func<(int Stage, int Block), int, int, int, T> create)
    {
        var blocks = new List<T>();
        foreach (var (number, stage) in stages.Index())
        {
            for (var block = 0; block < stage.Blocks; block++)
            {
                blocks.Add(create((number, block), inputs, stage.Outputs, block == 0 ? stage.Stride : 1));
                inputs = stage.Outputs;
            }
        }

        return blocks;
    }
}
