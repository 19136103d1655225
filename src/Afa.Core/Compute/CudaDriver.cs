using System.Runtime.InteropServices;

namespace Afa.Compute;

/// <summary>What NVIDIA's driver tells of GPUs and TorchSharp does not. Untested: no GPU was at hand.</summary>
internal static partial class CudaDriver
{
    private const string Library = "libcuda.so.1";
    private const int Success = 0;
    private const int MajorAttribute = 75;   // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR of cuda.h.
    private const int MinorAttribute = 76;

    /// <summary>The compute capability of a GPU, which says what it has circuits for; null if there is no driver or no such GPU.</summary>
    /// <param name="gpu">As libtorch numbers them: both go by CUDA_VISIBLE_DEVICES.</param>
    public static (int Major, int Minor)? ComputeCapability(int gpu)
    {
        try
        {
            return Init(0) == Success && Get(out var device, gpu) == Success
                && Attribute(out var major, MajorAttribute, device) == Success && Attribute(out var minor, MinorAttribute, device) == Success
                ? (major, minor) : null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport(Library, EntryPoint = "cuInit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Init(uint flags);

    [LibraryImport(Library, EntryPoint = "cuDeviceGet")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Get(out int device, int ordinal);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetAttribute")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Attribute(out int value, int attribute, int device);
}
