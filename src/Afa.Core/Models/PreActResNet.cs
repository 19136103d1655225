namespace Afa.Models;

/// <summary>The published pre-activation ResNets: He et al. 2016 (arXiv:1603.05027) for small images.</summary>
internal static class PreActResNet
{
    private static readonly PreActBlockLayout s_block = new("bn1", "conv1", "bn2", "conv2", "shortcut.0");

    /// <summary>RobustBench's <c>resnet.PreActResNet</c>, which has no normalization or activation after the last block.</summary>
    public static ImageClassifier Create(ModelOptions options, int depth) => Create(options, depth, s_block, finalNorm: null);

    /// <summary>The same with <c>PreActBlockV2</c>: the shortcut starts after the block's first activation.</summary>
    public static ImageClassifier CreateV2(ModelOptions options, int depth) => Create(options, depth, s_block with { ShortcutIsActivated = true }, finalNorm: null);

    /// <summary>The same with a normalization and activation after the last block, <c>bn_before_fc</c>: the network of Rice et al. 2020 (arXiv:2002.11569).</summary>
    public static ImageClassifier CreateWithFinalNorm(ModelOptions options, int depth) => Create(options, depth, s_block with { ShortcutIsActivated = true }, finalNorm: "bn");

    /// <summary>RobustBench's <c>dm_wide_resnet.DMPreActResNet</c>: a shortcut of 3x3 from the raw input, and DeepMind's padding.</summary>
    public static ImageClassifier CreateDeepMind(ModelOptions options, int depth) => new PreActNetwork(options, new(
        ResidualStage.OfResNet(options, depth), options.Scale(64), "conv_2d", (stage, block) => $"layer_{stage}.{block}",
        new("batchnorm_0", "conv_2d_1", "batchnorm_1", "conv_2d_2", "shortcut", ShortcutKernel: 3, Padding: ConvolutionPadding.After), "batchnorm", "logits"));

    private static PreActNetwork Create(ModelOptions options, int depth, PreActBlockLayout block, string? finalNorm) => new(options, new(
        ResidualStage.OfResNet(options, depth), options.Scale(64), "conv1", (stage, number) => $"layer{stage + 1}.{number}", block, finalNorm, "linear"));
}
