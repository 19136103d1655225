using System.Diagnostics;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Training;

namespace Afa.Grains;

/// <summary>Says in the store which process works on something, for other processes that share the store.</summary>
/// <param name="blob">Name of the blob.</param>
internal sealed class Heartbeat(IBlobStore blobs, string blob, TimeProvider time)
{
    private const long MaxSizeInBytes = 4096;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lifetime = 4 * s_interval;

    /// <summary>Beats until the result is disposed.</summary>
    public IAsyncDisposable Begin() => new Beating(this);

    /// <summary>Whether another process is at work.</summary>
    public async Task<bool> IsElsewhereAsync()
    {
        try
        {
            var beat = await blobs.ReadAsync(blob, MaxSizeInBytes) is { } content ? JsonSerializer.Deserialize<Beat>(content, AfaJson.Options) : null;
            return beat is not null && (time.GetUtcNow() - beat.At).Duration() < s_lifetime && !(beat.Machine == Environment.MachineName && IsGoneOrSelf(beat.ProcessId));
        }
        catch (JsonException)
        {
            return false;   // Cut by a full disk; whoever is at work writes the next one.
        }
    }

    private static bool IsGoneOrSelf(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return processId == Environment.ProcessId || process.HasExited;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private async Task BeatAsync(CancellationToken ended)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        do
        {
            try
            {
                await blobs.WriteAsync(blob, JsonSerializer.SerializeToUtf8Bytes(new Beat(Environment.MachineName, Environment.ProcessId, time.GetUtcNow()), AfaJson.Options), ended);
            }
            catch (IOException)
            {
                // A store that is away is no reason to stop the work.
            }
        }
        while (await timer.WaitForNextTickAsync(ended));
    }

    private async Task EndAsync()
    {
        try
        {
            await blobs.DeleteAsync(blob);
        }
        catch (IOException)
        {
            // It ages.
        }
    }

    private sealed class Beating : IAsyncDisposable
    {
        private readonly Heartbeat _heartbeat;
        private readonly CancellationTokenSource _ended = new();
        private readonly Task _beats;

        public Beating(Heartbeat heartbeat)
        {
            _heartbeat = heartbeat;
            _beats = heartbeat.BeatAsync(_ended.Token);
        }

        public async ValueTask DisposeAsync()
        {
            await _ended.CancelAsync();
            await _beats.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            _ended.Dispose();
            await _heartbeat.EndAsync();
        }
    }

    private sealed record Beat(string Machine, int ProcessId, DateTimeOffset At);
}
