using System.Runtime.InteropServices;

namespace Afa.Compute;

/// <summary>Settings of the C library's allocator, from which libtorch takes its tensors.</summary>
internal static partial class NativeMemory
{
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;
    private const int LargestMapThreshold = 32 << 20;   // glibc refuses more.

    /// <summary>
    /// Keeps freed blocks for the next tensor. By default glibc gives blocks of more than 128 KiB back to the kernel, so every
    /// activation is mapped, faulted in and cleared anew: measured as up to a third of an attack's time on a small network.
    /// </summary>
    public static void KeepFreed()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = Mallopt(TrimThreshold, int.MaxValue);
            _ = Mallopt(MapThreshold, LargestMapThreshold);
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
        {
            // musl has no mallopt, and no such habit.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Mallopt(int parameter, int value);
}
