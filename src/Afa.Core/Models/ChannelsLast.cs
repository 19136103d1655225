using static TorchSharp.torch;

namespace Afa.Models;

/// <summary>The memory order [batch, height, width, channel] under the usual shape [batch, channel, height, width].</summary>
internal static class ChannelsLast
{
    /// <summary>Returns the images in channels-last order; without a copy if they are so already. The caller owns the result.</summary>
    /// <remarks>
    /// oneDNN's convolutions follow the strides of their input, and on AVX-512 they are faster in this order.
    /// TorchSharp's <c>contiguous</c> takes no memory format, hence the way through a permuted view.
    /// </remarks>
    public static Tensor Of(Tensor images)
    {
        using var scope = NewDisposeScope();
        var (channels, height, width) = (images.shape[1], images.shape[2], images.shape[3]);

        // With one channel both orders are the same in memory, and only the strides can tell oneDNN which one is meant.
        // The offset is passed on, as TorchSharp takes 0 where PyTorch takes the tensor's own: rows of a larger batch would be read from its start.
        var packed = images.contiguous();
        var ordered = channels == 1
            ? packed.as_strided(images.shape, [height * width, 1, width, 1], packed.storage_offset())
            : images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        return ordered.MoveToOuterDisposeScope();
    }
}
