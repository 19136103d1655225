using System.Reflection;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Afa.Compute;

/// <summary>The part of libtorch that computes on GPUs.</summary>
internal static partial class CudaEngine
{
    private const string Library = "torch_cpu";   // Holds libtorch's settings for every device.

    /// <summary>Whether the program was built with it (TorchDevice=cuda). Does not load libtorch.</summary>
    public static bool IsBuiltIn { get; } = typeof(CudaEngine).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Any(entry => entry is { Key: "TorchDevice", Value: "cuda" });

    /// <summary>Whether convolutions take algorithms that always give the same bits.</summary>
    internal static bool IsDeterministic => DeterministicCuDnn(Context());

    /// <summary>How many GPUs the process sees.</summary>
    public static int Count() => cuda.is_available() ? cuda.device_count() : 0;

    /// <summary>Makes GPUs compute in the whole of float32, and the same bits each time, for the whole process.</summary>
    /// <remarks>
    /// By default cuDNN rounds what a convolution multiplies to TF32, 11 bits of precision, and sums gradients of weights in an order that varies; then
    /// a step would not depend on the last checkpoint and the options alone. The other operations of training are deterministic on a GPU: where
    /// it adds into places in any order (gather, index_select), here each place gets one number.
    /// TorchSharp 0.107 has no setting for the second, hence the call by its symbol: at::globalContext().setDeterministicCuDNN(true).
    /// </remarks>
    public static void MakeExact()
    {
        backends.cudnn.allow_tf32 = false;
        backends.cuda.matmul.allow_tf32 = false;
        SetDeterministicCuDnn(Context(), true);
    }

    [LibraryImport(Library, EntryPoint = "_ZN2at13globalContextEv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial IntPtr Context();

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context21setDeterministicCuDNNEb")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void SetDeterministicCuDnn(IntPtr context, [MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context18deterministicCuDNNEv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool DeterministicCuDnn(IntPtr context);
}
