namespace Afa.Models;

/// <summary>Where a convolution sees zeros around its input. The rules differ for a stride of 2 only.</summary>
internal enum ConvolutionPadding
{
    /// <summary>As many on each side, as PyTorch does.</summary>
    Symmetric,

    /// <summary>With a stride of 2 on the right and at the bottom only: TensorFlow's <c>SAME</c> for even sizes, which DeepMind's networks follow.</summary>
    After,
}
