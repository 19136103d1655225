using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Afa.Compute;

/// <summary>Whether a device multiplies bfloat16 numbers natively. libtorch computes with them anywhere, but slower than with float32 where it has to convert.</summary>
public static class Bfloat16Support
{
    private const int Avx512Bf16Bit = 1 << 5;   // Leaf 7, sub-leaf 1, EAX.
    private const int AmxBf16Bit = 1 << 22;     // Leaf 7, sub-leaf 0, EDX.
    private const int LeastMajor = 8;           // Compute capability of the first GPUs that multiply it: Ampere.

    /// <summary>Whether the processor has AVX-512 BF16 or AMX BF16.</summary>
    public static bool IsInProcessor { get; } = Detect();

    /// <exception cref="NotSupportedException">The device does not multiply bfloat16.</exception>
    public static void Require(Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            Require(device, CudaDriver.ComputeCapability(device.index));
        }
        else if (!IsInProcessor)
        {
            throw new NotSupportedException("Compute bfloat16 needs a processor with AVX-512 BF16 or AMX BF16, and this one has neither. Leave it out: float32 is quicker here.");
        }
    }

    /// <param name="capability">Compute capability of the GPU; null if it is not known.</param>
    internal static void Require(Device gpu, (int Major, int Minor)? capability)
    {
        if (!(capability?.Major >= LeastMajor))
        {
            var found = capability is var (major, minor) ? $"{gpu} has {major}.{minor}" : $"that of {gpu} is not known";
            throw new NotSupportedException($"Compute bfloat16 needs a GPU of compute capability {LeastMajor}.0 or more (Ampere); {found}. Leave it out: float32 is quicker here.");
        }
    }

    private static bool Detect()
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
        {
            return false;
        }

        var (subLeaves, _, _, features) = X86Base.CpuId(7, 0);
        return (features & AmxBf16Bit) != 0 || (subLeaves >= 1 && (X86Base.CpuId(7, 1).Eax & Avx512Bf16Bit) != 0);
    }
}
