using System.Diagnostics.CodeAnalysis;

namespace Afa.Storage;

/// <summary>
/// A lock on a file, among the threads of this process and with other processes. It ends with the process that holds it.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim whose wait handle is not used holds nothing to dispose.")]
internal sealed class DirectoryLock(string path, TimeProvider timeProvider)
{
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(5);

    private readonly SemaphoreSlim _withinProcess = new(1);

    /// <summary>Waits for the lock.</summary>
    /// <returns>The lock, which is released when this is disposed.</returns>
    /// <exception cref="IOException">Another process holds the lock for 30 seconds, or the file cannot be opened.</exception>
    public async Task<IDisposable> AcquireAsync(CancellationToken cancellationToken)
    {
        await _withinProcess.WaitAsync(cancellationToken);
        try
        {
            return new Held(await OpenAsync(cancellationToken), _withinProcess);
        }
        catch
        {
            _withinProcess.Release();
            throw;
        }
    }

    private async Task<FileStream> OpenAsync(CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (error.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation)
            {
                if (timeProvider.GetElapsedTime(started) > _longestWait)
                {
                    throw new IOException($"Another process has held {path} for {_longestWait.TotalSeconds} s; end that process or try again.", error);
                }
            }

            await Task.Delay(_pollInterval, timeProvider, cancellationToken);
        }
    }

    private sealed class Held(FileStream file, SemaphoreSlim withinProcess) : IDisposable
    {
        public void Dispose()
        {
            file.Dispose();
            withinProcess.Release();
        }
    }
}
