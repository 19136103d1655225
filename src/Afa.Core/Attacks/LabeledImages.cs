using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>Images and their classes.</summary>
/// <param name="Images">[batch, channel, height, width], pixels in [0, 1].</param>
/// <param name="Labels">[batch], int64.</param>
public sealed record LabeledImages(Tensor Images, Tensor Labels);
