namespace Afa.Models;

/// <summary>The published WideResNets: Zagoruyko and Komodakis 2016 (arXiv:1605.07146), for instance WRN-28-10 and WRN-34-10.</summary>
/// <remarks>
/// Where the width changes, the shortcut starts after the first activation; elsewhere it is the raw input. The width factor does not apply to the
/// 16 channels of the first convolution.
/// </remarks>
internal static class WideResNet
{
    private const int StemChannels = 16;

    /// <summary>RobustBench's <c>wide_resnet.WideResNet</c>, which is that of TRADES.</summary>
    public static ImageClassifier Create(ModelOptions options) => new PreActNetwork(options, new(
        ResidualStage.OfWideResNet(options), StemChannels, "conv1", (stage, block) => $"block{stage + 1}.layer.{block}",
        new("bn1", "conv1", "bn2", "conv2", "convShortcut", ShortcutIsActivated: true), "bn1", "fc"));

    /// <summary>RobustBench's <c>dm_wide_resnet.DMWideResNet</c>: the same with DeepMind's padding.</summary>
    public static ImageClassifier CreateDeepMind(ModelOptions options) => new PreActNetwork(options, new(
        ResidualStage.OfWideResNet(options), StemChannels, "init_conv", (stage, block) => $"layer.{stage}.block.{block}",
        new("batchnorm_0", "conv_0", "batchnorm_1", "conv_1", "shortcut", ShortcutIsActivated: true, Padding: ConvolutionPadding.After), "batchnorm", "logits"));
}
