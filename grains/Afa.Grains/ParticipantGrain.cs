using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Federation;
using Afa.Federation.Aggregation;
using Afa.Federation.Attackers;
using Afa.Federation.Privacy;
using Afa.Telemetry;
using Afa.Training;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Afa.Grains;

[RandomPlacement, KeepAlive]
[SuppressMessage("Design", "CA1001", Justification = "LeaveAsync and the deactivation free what is held.")]
internal sealed class ParticipantGrain(
    IBlobStore blobs, CheckpointStore checkpoints, PrivateShards shards, FederationSlots slots, SiloOwner owner, ILocalSiloDetails silo, TimeProvider time, FederationTelemetry telemetry, ILogger<ParticipantGrain> logger)
    : Grain, IParticipantGrain, IIncomingGrainCallFilter
{
    private const int MostMoves = 3;

    private static readonly TimeSpan s_pollTime = TimeSpan.FromMilliseconds(500);

    private CancellationTokenSource _ending = new();
    private ParticipantAssignment? _assignment;
    private FederationOptions? _options;
    private PrivateShard? _shard;
    private OwnLayers? _own;
    private OpenedSums? _opened;
    private LocalRoundWork? _round;
    private (string Checkpoint, int Counted, Task<ParticipantCounts> Counts)? _judgment;
    private SecurePart? _secure;

    private string Key => this.GetPrimaryKeyString();

    public async Task<ParticipantReport> JoinAsync(ParticipantAssignment assignment)
    {
        var options = JsonSerializer.Deserialize<FederationOptions>(assignment.OptionsJson, AfaJson.Options)!;
        if (owner.Problem(options, assignment.Number) is { } misplaced)
        {
            MigrateOnIdle();   // To the owner's silo, which the call names.
            return new ParticipantReport(misplaced, 0, "");
        }

        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo.SiloAddress);   // This grain may have come up elsewhere than it was asked to; the shard goes with it.
        if (await GrainFactory.GetGrain<IDatasetShardGrain>(Key).PreparePrivateAsync(assignment) is { } problem)
        {
            return new ParticipantReport(problem, 0, "");
        }

        for (var tries = 0; shards.Find(Key) is null && tries < MostMoves; tries++)
        {
            // It lies where this participant was before, or a call by that address has brought it up there again. Its images do not follow: this silo reads its own files, or has none.
            await GrainFactory.GetGrain<IDatasetShardGrain>(Key).MoveAsync();
            await GrainFactory.GetGrain<IDatasetShardGrain>(Key).PreparePrivateAsync(assignment);
        }

        if (shards.Find(Key) is not { } shard)
        {
            return new ParticipantReport($"The shard of participant {assignment.Number} lies on another silo, and its images do not leave that.", 0, "");
        }

        (_assignment, _options, _shard) = (assignment, options, shard);
        var (store, folder) = (owner.PrivateStore ?? blobs, $"federations/{assignment.Federation}/participants/{assignment.Number}/");
        (_own, _opened) = (new OwnLayers(new CheckpointStore(store), folder), new OpenedSums(store, folder));
        var summary = Describe(options, assignment.Number, shard);
        return new ParticipantReport(null, summary.Images, JsonSerializer.Serialize(summary, AfaJson.Options));
    }

    public Task BeginRoundAsync(int round, string checkpoint, int counted)
    {
        var (options, shard) = Joined();
        if (_round is not { } known || known.Round != round || known.Checkpoint != checkpoint || known.Counted != counted || known.Result.IsFaulted || known.Result.IsCanceled)
        {
            _round?.Cancel();
            var begun = new LocalRoundWork(round, checkpoint, counted, CancellationTokenSource.CreateLinkedTokenSource(_ending.Token));
            begun.Result = TrainAsync(options, shard, begun);
            _round = begun;
        }

        return Task.CompletedTask;
    }

    public async Task<ParticipantProgress?> PollRoundAsync(int round, string checkpoint)
    {
        if (_round is not { } known || known.Round != round || known.Checkpoint != checkpoint)
        {
            return null;
        }

        await Task.WhenAny(known.Result, Task.Delay(s_pollTime, time));
        if (known.Result.IsFaulted || known.Result.IsCanceled)
        {
            return new ParticipantProgress(known.Share, false, 0, 0, Failure(known.Result));
        }

        return known.Result.IsCompleted
            ? new ParticipantProgress(1, true, (await known.Result).Images, (await known.Result).Loss, null)
            : new ParticipantProgress(known.Share, false, 0, 0, null);
    }

    public async Task<GradientSlice> GetSliceAsync(int round, long offset, int count)
    {
        if (Joined().Options.Privacy.SecureAggregation)
        {
            throw new ParticipantException($"Participant '{Key}' gives its update only masked: the federation adds up securely.");
        }

        var update = await UpdateAsync(round);
        UpdateReader.RequireSlice(offset, count, update.Values.Length);
        return new GradientSlice(MemoryMarshal.AsBytes(update.Values.AsSpan((int)offset, count)).ToArray(), GradientFormat.Float32);
    }

    public async Task<SecureKeys> AdvertiseKeysAsync(SecureSum sum)
    {
        var (options, _) = Joined();
        if (_secure?.Sum.Attempt != sum.Attempt)
        {
            _secure?.Dispose();
            var code = new FixedPointCode(options.Privacy.SecureRange, sum.Members.Count);
            _secure = new SecurePart(sum, new SecureAggregationClient(sum.Member, sum.Members.Count, sum.Threshold, code, sum.Attempt));
        }

        return new SecureKeys(_secure.Client.PublicKeys, await _opened!.FindAsync(sum.Round, Trained(sum.Round).Checkpoint));
    }

    public Task<IReadOnlyList<byte[]?>> ShareKeysAsync(string attempt, IReadOnlyList<byte[]?> publicKeys) => Task.FromResult(Agree(() => Secure(attempt).ShareKeys(publicKeys)));

    public Task ReceiveSharesAsync(string attempt, IReadOnlyList<byte[]?> shares)
    {
        Agree(() => Secure(attempt).Receive(shares));
        return Task.CompletedTask;
    }

    public async Task<GradientSlice> GetMaskedSliceAsync(string attempt, long offset, int count)
    {
        var part = Secure(attempt);
        var update = await UpdateAsync(part.Sum.Round);
        UpdateReader.RequireSlice(offset, count, update.Values.Length);
        var masked = new byte[count * sizeof(uint)];
        await Task.Run(() => part.Client.Mask(update.Values.AsSpan((int)offset, count), offset, MemoryMarshal.Cast<byte, uint>(masked.AsSpan()), part.Sum.Weight));
        return new GradientSlice(masked, GradientFormat.Float32);   // Words of 32 bits, which travel as such.
    }

    public async Task<byte[]> RevealAsync(string attempt, IReadOnlyList<int> survivors)
    {
        var part = Secure(attempt);
        var revealed = Agree(() => part.Client.Reveal(survivors));
        await _opened!.NoteAsync(part.Sum.Round, Trained(part.Sum.Round).Checkpoint, [.. survivors.Select(index => part.Sum.Members[index])]);
        return revealed;   // After the note: whoever has this may open the sum.
    }

    public Task BeginJudgeAsync(string checkpoint, int round, int counted)
    {
        var (options, shard) = Joined();
        if (_round is { } trained && trained.Round < round)
        {
            // Its round is over: what is not finished is of no use to anybody, and an update need not be kept.
            trained.Cancel();
            _round = null;
        }

        if (_judgment is not { } known || (known.Checkpoint, known.Counted) != (checkpoint, counted) || known.Counts.IsFaulted || known.Counts.IsCanceled)
        {
            _judgment = (checkpoint, counted, JudgeAsync(options, shard, checkpoint, counted));
        }

        return Task.CompletedTask;
    }

    public async Task<JudgeProgress?> PollJudgeAsync(string checkpoint)
    {
        if (_judgment is not { } known || known.Checkpoint != checkpoint)
        {
            return null;
        }

        await Task.WhenAny(known.Counts, Task.Delay(s_pollTime, time));
        if (known.Counts.IsFaulted || known.Counts.IsCanceled)
        {
            return new JudgeProgress(null, Failure(known.Counts));
        }

        return new JudgeProgress(known.Counts.IsCompleted ? JsonSerializer.Serialize(await known.Counts, AfaJson.Options) : null, null);
    }

    /// <summary>What is thrown out of an owner's silo says as little as what is told otherwise, by an exception that every process can read.</summary>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (ParticipantException exception)
        {
            throw new InvalidOperationException(exception.Message);
        }
        catch (Exception exception) when (owner.Name is not null)
        {
            logger.LogWarning(exception, "A call of {Method} of participant {Participant} failed.", context.MethodName, Key);
            throw new InvalidOperationException(owner.Told(exception));
        }
    }

    public async Task LeaveAsync()
    {
        await FreeAsync();
        await GrainFactory.GetGrain<IDatasetShardGrain>(Key).ReleaseAsync();
        DeactivateOnIdle();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => FreeAsync();

    private async Task FreeAsync()
    {
        await _ending.CancelAsync();
        foreach (var task in new Task?[] { _round?.Result, _judgment?.Counts }.OfType<Task>())
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        _ending.Dispose();
        _ending = new CancellationTokenSource();
        _secure?.Dispose();
        (_round, _judgment, _secure) = (null, null, null);
    }

    private async Task<LocalUpdate> TrainAsync(FederationOptions options, PrivateShard shard, LocalRoundWork begun)
    {
        var number = _assignment!.Number;
        var own = _own!;
        var global = await checkpoints.LoadAsync(begun.Checkpoint, begun.Stop);
        var kept = await own.LoadAsync(begun.Counted, begun.Stop);
        var isAttacker = options.IsAttacker(number);
        var update = await slots.RunAsync(
            worker => LocalTraining.Run(
                new LocalRound
                {
                    Options = options,
                    Participant = number,
                    Round = begun.Round,
                    Global = global,
                    Own = kept,
                    Images = shard.Train,
                    Indices = shard.TrainIndices,
                    Generated = shard.Generated,
                    IsAttacker = isAttacker,
                    Device = worker.Device,
                },
                share => begun.Share = share, begun.Stop),
            begun.Stop);
        await Task.Run(() => Protect(options, number, begun.Round, isAttacker, update.Values), begun.Stop);
        CountClamped(options, begun.Round, update.Values);
        if (update.Own is not null)
        {
            await own.SaveAsync(begun.Round + 1, update.Own, begun.Counted, begun.Stop);
        }

        return update;
    }

    /// <summary>What happens to an update before it leaves. A malicious participant does not clip.</summary>
    /// <exception cref="ParticipantException">The update is not finite.</exception>
    private static void Protect(FederationOptions options, int number, int round, bool isAttacker, Span<float> update)
    {
        if (!AggregationRules.IsFinite(update))
        {
            throw new ParticipantException("Its update has values that are not finite: its training has diverged. Try a lower learning rate or gradient clipping.");
        }

        if (options.Privacy.ClipNorm > 0)
        {
            UpdateClipping.Clip(update, options.Privacy.ClipNorm);
        }

        if (isAttacker && OwnUpdateAttack.Changes(options.Attackers.Kind))
        {
            OwnUpdateAttack.Apply(
                options.Attackers, update, (double)options.PerRound / options.Attackers.Count,
                Seed.Derive(options.Training.Seed, (ulong)SeedUse.MaliciousUpdate, (ulong)round, (ulong)number));
        }
    }

    private async Task<ParticipantCounts> JudgeAsync(FederationOptions options, PrivateShard shard, string checkpoint, int counted)
    {
        var stop = _ending.Token;
        var model = await checkpoints.LoadAsync(checkpoint, stop);
        var kept = await _own!.LoadAsync(counted, stop);
        return await slots.RunAsync(worker => ParticipantJudge.Judge(options, model, kept, shard.Test, shard.TestIndices, worker.Device, stop), stop);
    }

    /// <summary>How many values are clamped depends on the owner's images, so only this silo's log and metric have it.</summary>
    private void CountClamped(FederationOptions options, int round, ReadOnlySpan<float> update)
    {
        if (options.Privacy.SecureAggregation && FixedPointCode.CountClamped(update, options.Privacy.SecureRange) is > 0 and var clamped)
        {
            telemetry.ValuesClamped(clamped);
            logger.LogWarning(
                "Secure aggregation clamps {Clamped} of {Values} values of {Participant}'s update of round {Round} to ±{Range}. If that is many, raise Privacy.SecureRange or set Privacy.ClipNorm.",
                clamped, update.Length, Key, round + 1, options.Privacy.SecureRange);
        }
    }

    /// <summary>What the others are told of work that failed or was stopped; the log has all of it.</summary>
    private string Failure(Task work)
    {
        var exception = work.Exception?.GetBaseException() ?? new OperationCanceledException("It was told to stop.");
        logger.LogWarning(exception, "The work of participant {Participant} has failed.", Key);
        return owner.Told(exception);
    }

    /// <summary>A step of the secure sum, whose errors speak of the others' messages and of nothing of the owner's.</summary>
    private static T Agree<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException)
        {
            throw new ParticipantException(exception.Message, exception);
        }
    }

    private static ParticipantSummary Describe(FederationOptions options, int number, PrivateShard shard)
    {
        var images = Array.ConvertAll(shard.TrainIndices, index => shard.Train.Labels.Span[index]);
        return new ParticipantSummary(
            options.Owners.Count > 0 ? options.Owners[number] : string.Create(CultureInfo.InvariantCulture, $"participant-{number}"),
            shard.TrainIndices.Length,
            SmallCounts.Told(ParticipantPlan.CountByClass(images, shard.Train.Description.Classes), options.Evaluation.MinimumCount),
            shard.TestIndices.Length >= options.Evaluation.MinimumCount ? shard.TestIndices.Length : null,
            options.IsAttacker(number));
    }

    private (FederationOptions Options, PrivateShard Shard) Joined() => _options is not null && _shard is not null
        ? (_options, _shard)
        : throw new ParticipantException($"Participant '{Key}' has not joined on this silo; it must join anew.");

    private Task<LocalUpdate> UpdateAsync(int round) => Trained(round).Result;

    private LocalRoundWork Trained(int round) => _round is { } known && known.Round == round && known.Result.IsCompletedSuccessfully
        ? known
        : throw new ParticipantException($"Participant '{Key}' has no update of round {round + 1}.");

    private SecurePart Secure(string attempt) => _secure is { } part && part.Sum.Attempt == attempt
        ? part
        : throw new ParticipantException($"Participant '{Key}' has no part in the secure sum '{attempt}'; it must begin anew.");

    /// <summary>A round's training, under way or done.</summary>
    private sealed class LocalRoundWork(int round, string checkpoint, int counted, CancellationTokenSource stopping)
    {
        private double _share;

        public int Round { get; } = round;

        public string Checkpoint { get; } = checkpoint;

        public int Counted { get; } = counted;

        public CancellationToken Stop { get; } = stopping.Token;

        public double Share
        {
            get => Volatile.Read(ref _share);
            set => Volatile.Write(ref _share, value);
        }

        public Task<LocalUpdate> Result { get; set; } = null!;

        public void Cancel() => stopping.Cancel();
    }
}
