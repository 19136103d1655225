using TorchSharp;
using static TorchSharp.torch;

namespace Afa.Compute;

/// <summary>The way of numbers from the CPU to the device of a slot.</summary>
internal static class HostCopy
{
    /// <summary>Copies a tensor to a device. On the CPU it is the same memory under another handle.</summary>
    /// <param name="host">On the CPU.</param>
    /// <returns>The caller owns it.</returns>
    /// <remarks>
    /// To a GPU it goes by way of page-locked memory, from which the GPU fetches it while this thread goes on. Work on the same GPU is queued behind the
    /// copy. The page-locked tensor can be disposed at once: libtorch's allocator of such memory has noted the copy, and gives the memory to nobody before it is done.
    /// </remarks>
    public static Tensor To(Tensor host, Device device)
    {
        if (device.type != DeviceType.CUDA)
        {
            return host.to(device);
        }

        using var pinned = host.pin_memory();
        return pinned.to(device, non_blocking: true);
    }
}
