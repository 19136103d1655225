using System.Diagnostics;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Training;

namespace Afa.Grains;

/// <summary>A lease, kept in the store: it says which process works on something, so that two processes that share the store do not both.</summary>
/// <remarks>
/// It is taken and renewed by conditional writes, so of two that take it at once one is refused, and one that lost it is told at its next
/// renewal. That works alike in a folder and in Azure, which is why no lease of Azure's is taken: it would guard this one blob only, not
/// what is written under other names, and would have to be renewed and found lost in the same way. What guards the rest is that a run's
/// state, too, is only written over the version that was read; and what a process writes that was cut off for long are the same bytes
/// under the same names, as a step is a pure function of the last checkpoint. Whether a lease has run out is told by the clocks of
/// the machines, which may differ by less than its lifetime of 20 s.
/// </remarks>
/// <param name="blob">Name of the blob.</param>
internal sealed class Heartbeat(IBlobStore blobs, string blob, TimeProvider time)
{
    private const long MaxSizeInBytes = 4096;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_patience = s_interval;   // So that a store that does not answer costs one beat, not the lease.
    private static readonly TimeSpan s_lifetime = 4 * s_interval;

    /// <summary>Takes the lease, unless another process has it.</summary>
    /// <returns>The lease, which is renewed until it is disposed; null if another process has it.</returns>
    /// <exception cref="IOException">The store is away.</exception>
    public async Task<Lease?> TakeAsync()
    {
        var found = await ReadAsync();
        if (IsElsewhere(found))
        {
            return null;
        }

        var id = Guid.NewGuid();
        try
        {
            return new Lease(this, id, await BeatAsync(id, found?.ETag, CancellationToken.None));
        }
        catch (BlobChangedException)
        {
            return null;
        }
    }

    /// <summary>Takes the lease and stores a state that tells of the work that begins. If either cannot be done, the state is as it was stored, and the caller may try again.</summary>
    /// <param name="begin">Changes the state.</param>
    /// <returns>The lease; null if another process has it.</returns>
    /// <exception cref="IOException">The store is away.</exception>
    public async Task<Lease?> BeginAsync<TState>(IPersistentState<TState> state, Action<TState> begin)
        where TState : new()
    {
        if (await TakeAsync() is not { } lease)
        {
            return null;
        }

        var before = state.RecordExists ? JsonSerializer.SerializeToUtf8Bytes(state.State, AfaJson.Options) : null;
        begin(state.State);
        try
        {
            await state.WriteStateAsync();
            return lease;
        }
        catch
        {
            state.State = before is null ? new TState() : JsonSerializer.Deserialize<TState>(before, AfaJson.Options)!;
            await lease.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes the lease whoever has it, once the store can be reached: for a grain whose last activation has died with its silo.</summary>
    public Lease TakeOver() => new(this, Guid.NewGuid(), eTag: null);

    /// <summary>Whether another process is at work.</summary>
    public async Task<bool> IsElsewhereAsync() => IsElsewhere(await ReadAsync());

    private TimeProvider Time => time;

    private bool IsElsewhere(TaggedBlob? found) =>
        Parse(found) is { } beat && (time.GetUtcNow() - beat.At).Duration() < s_lifetime && !(beat.Machine == Environment.MachineName && IsGoneOrSelf(beat.ProcessId));

    /// <summary>Null also for a beat that was cut by a full disk; whoever is at work writes the next one.</summary>
    private static Beat? Parse(TaggedBlob? found)
    {
        try
        {
            return found is null ? null : JsonSerializer.Deserialize<Beat>(found.Content.Span, AfaJson.Options);
        }
        catch (JsonException)
        {
            return null;
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

    private Task<TaggedBlob?> ReadAsync(CancellationToken cancellationToken = default) => blobs.ReadTaggedAsync(blob, MaxSizeInBytes, cancellationToken);

    private Task DeleteAsync() => blobs.DeleteAsync(blob);

    private Task<string> BeatAsync(Guid id, string? eTag, CancellationToken cancellationToken) => blobs.WriteIfUnchangedAsync(
        blob, JsonSerializer.SerializeToUtf8Bytes(new Beat(Environment.MachineName, Environment.ProcessId, time.GetUtcNow(), id), AfaJson.Options), eTag, cancellationToken);

    /// <summary>The right to work on something.</summary>
    internal sealed class Lease : IAsyncDisposable
    {
        private readonly Heartbeat _heartbeat;
        private readonly CancellationTokenSource _ended = new();
        private readonly CancellationTokenSource _lost = new();
        private readonly Task _beats;
        private string? _eTag;
        private bool _isTaken;

        /// <param name="eTag">Of the beat that took it; null if it is still to be taken over.</param>
        public Lease(Heartbeat heartbeat, Guid id, string? eTag)
        {
            (_heartbeat, Id, _eTag, _isTaken) = (heartbeat, id, eTag, eTag is not null);
            Lost = _lost.Token;
            _beats = BeatAsync();
        }

        /// <summary>Stands in each beat of this lease.</summary>
        public Guid Id { get; }

        /// <summary>Cancelled when another process has taken it: whoever works must stop and write nothing more.</summary>
        public CancellationToken Lost { get; }

        /// <summary>Whether the store says now that it is this one's: another process may have taken it since the last beat.</summary>
        /// <exception cref="IOException">The store is away.</exception>
        public async Task<bool> IsStandingAsync() => Parse(await _heartbeat.ReadAsync())?.Id == Id;

        public async ValueTask DisposeAsync()
        {
            await _ended.CancelAsync();
            await _beats.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            _ended.Dispose();
            _lost.Dispose();
            try
            {
                // Only if it is this one's: another may have taken it without this one having noticed.
                if (Parse(await _heartbeat.ReadAsync())?.Id == Id)
                {
                    await _heartbeat.DeleteAsync();
                }
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException)
            {
                // It ages.
            }
        }

        private async Task BeatAsync()
        {
            using var timer = new PeriodicTimer(s_interval, _heartbeat.Time);
            for (var isDue = !_isTaken; isDue || await timer.WaitForNextTickAsync(_ended.Token); isDue = false)
            {
                using var timeout = new CancellationTokenSource(s_patience, _heartbeat.Time);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token, timeout.Token);
                try
                {
                    await RenewAsync(limit.Token);
                }
                catch (Exception exception) when (exception is IOException or InvalidDataException || (exception is OperationCanceledException && !_ended.IsCancellationRequested))
                {
                    // A store that is away is no reason to stop the work.
                }
                catch (BlobChangedException)
                {
                    await _lost.CancelAsync();
                    return;
                }
            }
        }

        private async Task RenewAsync(CancellationToken cancellationToken)
        {
            try
            {
                _eTag = await _heartbeat.BeatAsync(Id, _eTag, cancellationToken);
            }
            catch (BlobChangedException)
            {
                // It is there and to be taken over, or the one that it was taken over from has deleted it, or a beat that was given up got through.
                var found = await _heartbeat.ReadAsync(cancellationToken);
                if (_isTaken && found is not null && Parse(found)?.Id != Id)
                {
                    throw;
                }

                _eTag = await _heartbeat.BeatAsync(Id, found?.ETag, cancellationToken);
            }

            _isTaken = true;
        }
    }

    private sealed record Beat(string Machine, int ProcessId, DateTimeOffset At, Guid Id);
}
