using System.Runtime.InteropServices;

namespace Afa.Client.Control;

/// <summary>Turns the first Ctrl-C or termination signal into a cancelled token; the second one ends the process at once.</summary>
internal sealed class InterruptSignal : IDisposable
{
    private readonly CancellationTokenSource _interrupted = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly TextWriter _error;
    private int _signals;

    public InterruptSignal(TextWriter error)
    {
        _error = error;
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, Handle))];
    }

    public CancellationToken Token => _interrupted.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _interrupted.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1)
        {
            StopAtOnce();
        }

        // Not on this thread: what the token's owner does next must not hold up the second signal.
        ThreadPool.QueueUserWorkItem(static source => source.Cancel(), _interrupted, preferLocal: false);
    }

    private void StopAtOnce()
    {
        const string ShowCursor = "\e[?25h";   // The progress bar hides it.
        _error.WriteLine(Console.IsErrorRedirected ? "Stopped at once." : $"{ShowCursor}Stopped at once.");
        _error.Flush();
        if (OperatingSystem.IsWindows())
        {
            Environment.Exit(ExitCode.Failure);
        }

        // Environment.Exit would unload libtorch under the threads that still compute with it, which ends in a crash.
        ExitWithoutCleanUp(ExitCode.Failure);
    }

    [DllImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void ExitWithoutCleanUp(int code);
}
