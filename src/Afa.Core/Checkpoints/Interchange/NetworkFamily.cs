using Afa.Models;

namespace Afa.Checkpoints.Interchange;

/// <summary>How the weights of a network look, by which a file without any other hint is known.</summary>
/// <remarks>The names are those of RobustBench's classes (robustbench/model_zoo/architectures, commit 78fcc9e), which are also those of the networks here.</remarks>
/// <param name="Model">Name in <see cref="ModelRegistry"/>.</param>
/// <param name="Stem">Weight of the first convolution.</param>
/// <param name="Head">Weight of the last linear layer.</param>
/// <param name="Features">Published length of a feature vector, which the width factor multiplies.</param>
/// <param name="Has">Weights that a file of this family also has.</param>
/// <param name="HasNot">Weights that only similar families have.</param>
public sealed record NetworkFamily(string Model, string Stem, string Head, int Features, string[] Has, string[] HasNot)
{
    private static readonly NetworkFamily[] _all =
    [
        new("small-cnn", "conv1.weight", "fc2.weight", 128, ["conv4.weight", "fc1.weight"], []),
        new("resnet-18", "conv1.weight", "linear.weight", 512, ["bn1.weight", "layer4.1.conv2.weight"], ["layer3.2.conv1.weight"]),
        new("resnet-34", "conv1.weight", "linear.weight", 512, ["bn1.weight", "layer3.5.conv2.weight"], ["layer3.6.conv1.weight", "layer3.5.conv3.weight"]),
        new("resnet-50", "conv1.weight", "linear.weight", 2048, ["bn1.weight", "layer3.5.conv3.weight"], ["layer3.6.conv1.weight"]),
        new("preact-resnet-18", "conv1.weight", "linear.weight", 512, ["layer1.0.bn1.weight", "layer4.1.conv2.weight"], ["bn1.weight", "bn.weight", "layer3.2.conv1.weight"]),
        new("preact-resnet-34", "conv1.weight", "linear.weight", 512, ["layer1.0.bn1.weight", "layer3.5.conv2.weight"], ["bn1.weight", "bn.weight", "layer3.6.conv1.weight", "layer3.5.conv3.weight"]),
        new("preact-resnet-18-final-norm", "conv1.weight", "linear.weight", 512, ["layer1.0.bn1.weight", "layer4.1.conv2.weight", "bn.weight"], ["bn1.weight", "layer3.2.conv1.weight"]),
        new("wide-resnet", "conv1.weight", "fc.weight", 64, ["block1.layer.0.conv1.weight"], []) { Block = "block1.layer.{0}.conv1.weight" },
        new("dm-wide-resnet", "init_conv.weight", "logits.weight", 64, ["layer.0.block.0.conv_0.weight"], []) { Block = "layer.0.block.{0}.conv_0.weight", IsDeepMind = true },
        new("dm-preact-resnet-18", "conv_2d.weight", "logits.weight", 512, ["layer_3.1.conv_2d_2.weight"], ["layer_2.2.conv_2d_1.weight"]) { IsDeepMind = true },
    ];

    /// <summary>A weight of block number {0} of the first stage, if the depth differs within the family.</summary>
    public string? Block { get; private init; }

    /// <summary>Whether the published class normalizes pixels by constants that are not among its weights, and was mostly trained with silu.</summary>
    public bool IsDeepMind { get; private init; }

    /// <summary>Whether weights of a network of this name expect normalized pixels although they do not say so.</summary>
    public static bool NormalizesPixelsUnsaid(string model) => _all.Any(family => family.Model == model && family.IsDeepMind);

    /// <summary>Tells the network from the names and shapes of its weights.</summary>
    /// <param name="weights">Parameters and buffers by name.</param>
    /// <returns>Name, width, depth, classes, channels and kind of normalization layer; null if no known network has such weights.</returns>
    /// <remarks>
    /// Not seen in weights: where a shortcut starts, the image size, constants that normalize pixels, and the activation, which is taken for the one
    /// that most published networks of the family have.
    /// </remarks>
    public static ModelOptions? Tell(IReadOnlyDictionary<string, TensorRecord> weights) =>
        Array.Find(_all, family => ModelRegistry.Names.Contains(family.Model) && family.Fits(weights))?.Options(weights) is { } options && HasSize(options, weights) ? options : null;

    /// <summary>Whether weights are of the width and depth that a network is said to have, so that the file they are from bounds what is built for them.</summary>
    /// <param name="options">What the network is said to be; need not be valid.</param>
    /// <param name="weights">Parameters and buffers by name.</param>
    /// <remarks>
    /// Looks at one 3x3 convolution in each block of the last stage, in which most weights of a network are. Not so for the small-cnn, most weights of
    /// which are in a layer that grows with the images.
    /// </remarks>
    public static bool HasSize(ModelOptions options, IReadOnlyDictionary<string, TensorRecord> weights)
    {
        var (name, published, blocks) = Deepest(options);
        long channels = options.Scale(published);
        return blocks > 0 && Enumerable.Range(0, blocks).All(block =>
            weights.TryGetValue(string.Format(null, name, block), out var weight) && weight.Shape.AsSpan().SequenceEqual([channels, channels, 3, 3]));
    }

    /// <summary>Name of a convolution in each block of the last stage, {0} being the block's number; its published channels; and how many blocks there are.</summary>
    private static (string Name, int Channels, int Blocks) Deepest(ModelOptions options) => options.Name switch
    {
        "small-cnn" => ("conv4.weight", 64, 1),
        "resnet-34" or "resnet-50" or "preact-resnet-34" => ("layer4.{0}.conv2.weight", 512, 3),
        "wide-resnet" => ("block3.layer.{0}.conv2.weight", 64, (options.Depth - 4) / 6),
        "dm-wide-resnet" => ("layer.2.block.{0}.conv_1.weight", 64, (options.Depth - 4) / 6),
        "dm-preact-resnet-18" => ("layer_3.{0}.conv_2d_2.weight", 512, 2),
        _ => ("layer4.{0}.conv2.weight", 512, 2),
    };

    private bool Fits(IReadOnlyDictionary<string, TensorRecord> weights) =>
        weights.TryGetValue(Stem, out var stem) && stem.Shape.Length == 4
        && weights.TryGetValue(Head, out var head) && head.Shape is [> 0 and <= int.MaxValue, > 0]
        && Has.All(weights.ContainsKey) && !HasNot.Any(weights.ContainsKey);

    private ModelOptions Options(IReadOnlyDictionary<string, TensorRecord> weights)
    {
        var head = weights[Head].Shape;   // [class, feature]
        var options = new ModelOptions
        {
            Name = Model,
            WidthFactor = (double)head[1] / Features,
            Classes = (int)head[0],
            Activation = IsDeepMind ? Activation.Silu : Activation.Relu,
            Channels = (int)Math.Min(weights[Stem].Shape[1], int.MaxValue),
            NormalizationLayer = Any("bn1.", "batchnorm_0.") && !Any(".running_mean") ? NormalizationLayer.Group : NormalizationLayer.Batch,
        };
        return Block is null ? options : options with { Depth = 6 * BlocksOfAStage(weights, Block) + 4 };

        bool Any(params string[] parts) => weights.Keys.Any(name => Array.Exists(parts, part => name.Contains(part, StringComparison.Ordinal)));
    }

    private static int BlocksOfAStage(IReadOnlyDictionary<string, TensorRecord> weights, string block)
    {
        var count = 0;
        while (weights.ContainsKey(string.Format(null, block, count)))
        {
            count++;
        }

        return count;
    }
}
