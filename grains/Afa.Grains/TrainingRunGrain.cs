using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Data;
using Afa.Telemetry;
using Afa.Training;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace Afa.Grains;

/// <summary>
/// Drives the trainers step by step. Whatever dies, the run goes on from the last good checkpoint; because every step is a pure
/// function of that state and of the options, it ends with the same weights.
/// </summary>
[KeepAlive]
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing to free.")]
internal sealed class TrainingRunGrain(
    [PersistentState("training-run", StorageNames.Store)] IPersistentState<TrainingRunState> state,
    IBlobStore blobs,
    CheckpointStore checkpoints,
    DatasetCache datasets,
    DevicePool devices,
    ILocalSiloDetails silo,
    TimeProvider time,
    IOptions<RunRecoveryOptions> recovery,
    TrainingTelemetry telemetry,
    SiloWork work,
    ILogger<TrainingRunGrain> logger) : Grain, ITrainingRunGrain
{
    private static readonly TimeSpan s_longestEnd = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _ending = new();
    private readonly RunProgress _progress = new();
    private Task? _loop;
    private bool _isPauseRequested;
    private SiloAddress? _leaving;   // A silo with a part in the run that is about to end.
    private TaskCompletionSource? _handedOver;

    private string Run => this.GetPrimaryKeyString();

    private bool IsAtWork => _loop is { IsCompleted: false };

    private Heartbeat Heartbeat => new(blobs, $"runs/{Run}/heartbeat.json", time);

    private CancelRequest Cancel => field ??= new(blobs, $"runs/{Run}");

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State is { OptionsJson: not null, State: RunState.Running } && recovery.Value.ResumesOnActivation && !work.IsLeaving)
        {
            if (!state.State.IsHandedOver)
            {
                state.State.Recoveries++;
                telemetry.RunRecovered();
            }

            state.State.IsHandedOver = false;   // Stored when it goes on.
            _loop = RunAsync(Heartbeat.TakeOver());
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// The grain moves, as it does when the silo dies that kept its place in the directory, or its process ends: the state says that there is more
    /// to do. If it moves, the next activation waits until this one has freed the trainers; else both would give up each other's attempts.
    /// </summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _ending.CancelAsync();
        if (_loop is { } loop && reason.ReasonCode != DeactivationReasonCode.ShuttingDown)
        {
            await loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    public async Task StartAsync(string optionsJson)
    {
        var options = JsonSerializer.Deserialize<TrainingOptions>(optionsJson, AfaJson.Options)!;
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        if (state.State.OptionsJson is { } known)
        {
            if (JsonSerializer.Serialize(JsonSerializer.Deserialize<TrainingOptions>(known, AfaJson.Options), AfaJson.Options) != JsonSerializer.Serialize(options, AfaJson.Options))
            {
                throw new InvalidOperationException($"The run '{Run}' exists with other options. Choose another name, or resume it as it is.");
            }

            return;
        }

        await foreach (var imported in checkpoints.ListAsync(ImportedCheckpoint.Name(Run)))
        {
            throw new ArgumentException($"There is an imported checkpoint {imported}. Choose another name for the run.");
        }

        if ((await GrainFactory.GetGrain<ICatalogGrain>(0).ListFederationsAsync()).Contains(Run))
        {
            throw new ArgumentException($"There is a federation '{Run}', whose models have the names that the run's checkpoints would have. Choose another name for the run.");
        }

        await RequireEnoughImagesAsync(options);
        await BeginAsync(run =>
        {
            run.OptionsJson = JsonSerializer.Serialize(options, AfaJson.Options);
            run.CreatedAt = time.GetUtcNow();
        });
    }

    public async Task ResumeAsync()
    {
        if (state.State.OptionsJson is null)
        {
            throw NoSuchRun();
        }

        await WhenSettledAsync();
        if (state.State.State == RunState.Canceled || (Cancel.IsMade && IsAtWork))
        {
            throw new InvalidOperationException($"The run '{Run}' was canceled and does not go on. Start another.");
        }

        if (IsAtWork)
        {
            _isPauseRequested = false;   // A pause that has not come about is taken back.
        }
        else if (state.State.State != RunState.Completed)
        {
            await BeginAsync(_ => { });
        }
    }

    private async Task BeginAsync(Action<TrainingRunState> change)
    {
        var lease = await Heartbeat.BeginAsync(state, run =>
        {
            change(run);
            (run.State, run.Message, run.IsHandedOver) = (RunState.Running, null, false);
        }) ?? throw WorkedOnElsewhere();
        _isPauseRequested = false;
        _loop = RunAsync(lease);
    }

    public Task PauseAsync()
    {
        _isPauseRequested = true;
        return state.State.OptionsJson is null ? Task.FromException(NoSuchRun()) : Task.CompletedTask;
    }

    public async Task CancelAsync()
    {
        if (state.State.OptionsJson is null)
        {
            throw NoSuchRun();
        }

        await WhenSettledAsync();
        if (IsAtWork)
        {
            await Cancel.MakeAsync();
            await WhenSettledAsync();   // It may just have ended.
        }

        if (!IsAtWork && state.State.State is not (RunState.Completed or RunState.Canceled))
        {
            await using var lease = await Heartbeat.BeginAsync(state, run => (run.State, run.Message) = (RunState.Canceled, null)) ?? throw WorkedOnElsewhere();
            telemetry.RunEnded("canceled");
        }
    }

    /// <summary>A loop that has said how it ended still frees the trainers; waits for that.</summary>
    private async Task WhenSettledAsync()
    {
        if (_loop is { } ending && state.State.State != RunState.Running)
        {
            await ending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private InvalidOperationException NoSuchRun() => new($"There is no run '{Run}'.");

    private WorkedOnElsewhereException WorkedOnElsewhere() => new($"Another process is at work on the run '{Run}'. Follow it with: afa watch {Run}");

    public Task HandOverAsync(SiloAddress leaving)
    {
        if (!IsAtWork)
        {
            return Task.CompletedTask;
        }

        _leaving = leaving;
        _handedOver ??= new TaskCompletionSource();
        return Task.WhenAny(_handedOver.Task, _loop!);
    }

    public async Task<TrainingRunStatus?> GetStatusAsync()
    {
        if (state.State.OptionsJson is not null && state.State.State != RunState.Completed && _loop is null or { IsCompleted: true })
        {
            await state.ReadStateAsync();   // Another process that shares the store may be at work.
        }

        var run = state.State;
        if (run.OptionsJson is null)
        {
            return null;
        }

        var isInterrupted = run.State == RunState.Running && !IsAtWork && !await Heartbeat.IsElsewhereAsync();
        var step = IsAtWork ? _progress.Step : run.CheckpointStep;
        return new TrainingRunStatus(
            Run,
            isInterrupted ? RunState.Paused : run.State,
            run.OptionsJson,
            _progress.Phase ?? run.History.LastOrDefault()?.Phase ?? "",
            run.History.Count,
            run.Epochs,
            step,
            run.Steps,
            IsAtWork ? _progress.ImagesPerSecond : 0,
            IsAtWork ? _progress.TimeLeft : null,
            run.Elapsed + (IsAtWork ? _progress.SinceWrite : TimeSpan.Zero),
            [.. run.History],
            run.Checkpoint,
            run.Recoveries,
            run.CreatedAt,
            isInterrupted ? "Its process ended before the run did; resume it to go on." : run.Message,
            _progress.LastLoss,
            IsAtWork ? _progress.LossTrail : null,
            run.Trainers);
    }

    private async Task RunAsync(Heartbeat.Lease lease)
    {
        await Task.Yield();   // The call that started the run gets its answer first.
        await using var held = lease;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(lease.Lost, _ending.Token);
        var stop = stopping.Token;
        using var presence = work.Begin(Run);
        using var measured = telemetry.RunAtWork(Run, JsonSerializer.Deserialize<TrainingOptions>(state.State.OptionsJson!, AfaJson.Options)!);
        var fruitless = 0;
        var isStale = false;
        while (true)
        {
            var reachedBefore = _progress.HighestStep;
            try
            {
                await Cancel.FindAsync(stop);
                if (isStale && await lease.IsStandingAsync())
                {
                    await ReadAgainAsync();
                    isStale = false;
                    if (state.State.State != RunState.Running)
                    {
                        return;
                    }
                }

                await AttemptAsync(measured, stop);
                if (state.State.State != RunState.Running)
                {
                    return;
                }

                if (silo.SiloAddress.Equals(_leaving))
                {
                    await NoteHandOverAsync();
                    return;   // Another silo takes the run up, since it is still to go on.
                }

                if (_leaving is { } leaving)
                {
                    await WaitForEndAsync(leaving, stop);
                }
            }
            catch (Exception exception) when (lease.Lost.IsCancellationRequested)
            {
                // What is stored of the run is the other process's from now on.
                logger.LogWarning("Run {Run} was taken over by another process: {Reason}", Run, exception.Message);
                return;
            }
            catch (Exception exception) when (Cancel.IsMade && exception is not InconsistentStateException)
            {
                logger.LogInformation("Run {Run} was canceled while it could not go on: {Reason}", Run, exception.Message);
                await EndAsync(RunState.Canceled, null, stop);
                return;
            }
            catch (Exception exception) when (_ending.IsCancellationRequested)
            {
                logger.LogInformation("Run {Run} rests, as its grain moves: {Reason}", Run, exception.Message);
                return;
            }
            catch (Exception exception) when (IsForTheUser(exception))
            {
                await EndAsync(RunState.Failed, exception.Message, stop);
                return;
            }
            catch (Exception exception)
            {
                isStale |= exception is InconsistentStateException;
                fruitless = _progress.HighestStep > reachedBefore ? 1 : fruitless + 1;   // Repeating steps is no progress.
                if (fruitless > recovery.Value.MaxFruitlessRecoveries)
                {
                    logger.LogError(exception, "Run {Run} failed.", Run);
                    await EndAsync(RunState.Failed, $"{exception.GetType().Name}: {exception.Message}", stop);
                    return;
                }

                if (_isPauseRequested)
                {
                    await EndAsync(RunState.Paused, $"Paused while it could not go on: {exception.Message}", stop);
                    return;
                }

                logger.LogWarning("Run {Run} starts over from its last checkpoint, recovery {Recovery}: {Reason}", Run, state.State.Recoveries + 1, exception.Message);
                state.State.Recoveries++;
                telemetry.RunRecovered();
                await Task.Delay(Patience(fruitless), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
    }

    private async Task NoteHandOverAsync()
    {
        try
        {
            state.State.IsHandedOver = true;
            await WriteStateAsync();
        }
        catch (Exception exception) when (StoreFailure.IsPassing(exception))
        {
            logger.LogWarning("That run {Run} is handed over could not be stored, and will be counted as a recovery: {Reason}", Run, exception.Message);
        }
    }

    /// <summary>Takes up what the last activation, on a silo that was given up, wrote once more after this one had read the state.</summary>
    private async Task ReadAgainAsync()
    {
        var recoveries = state.State.Recoveries;
        await state.ReadStateAsync();
        state.State.Recoveries = Math.Max(recoveries, state.State.Recoveries);
        state.State.IsHandedOver = false;
    }

    /// <summary>Says that the run is handed over, and waits until the silo has ended, so that no trainer is placed there.</summary>
    private async Task WaitForEndAsync(SiloAddress leaving, CancellationToken stop)
    {
        logger.LogInformation("Run {Run} goes on without the silo {Silo} when that has ended.", Run, leaving);
        _handedOver?.TrySetResult();
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < s_longestEnd && (await GrainFactory.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, stop)).ContainsKey(leaving))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), time, stop);
        }

        (_leaving, _handedOver) = (null, null);
    }

    /// <summary>Whether trying again is of no use until a user has mended something.</summary>
    private static bool IsForTheUser(Exception exception) =>
        exception is RunFailedException or DatasetNotFoundException or InvalidDataException or ValidationException or ArgumentException or NotSupportedException;

    /// <summary>Runs from the last good checkpoint until the end, a pause, a hand-over, the loss of a member, or, if the run is elastic, a checkpoint from which more trainers go on.</summary>
    private async Task AttemptAsync(RunTelemetry measured, CancellationToken stop)
    {
        var options = JsonSerializer.Deserialize<TrainingOptions>(state.State.OptionsJson!, AfaJson.Options)!;
        var (plan, smallestShard) = await PlanAsync(options);
        var latest = await checkpoints.LoadLatestGoodAsync(CheckpointPrefix, stop);
        var step = latest.Checkpoint?.State.Step ?? 0;
        foreach (var damaged in latest.Damaged)
        {
            state.State.Message = $"A damaged checkpoint was passed over: {damaged.Reason}";
            logger.LogWarning("Run {Run} passes over the damaged checkpoint {Checkpoint}: {Reason}", Run, damaged.Name, damaged.Reason);
        }

        // A trainer may still wait in a step that this grain's last activation, on a silo that died, had asked for.
        var earlier = new TrainerGroup(GrainFactory, logger, Run, silo.SiloAddress, state.State.Attempt, options.Trainers);
        await (options.Elastic ? earlier.DissolveAsync() : earlier.AbandonAsync());   // Of those that an elastic run now has none of, too.
        var room = new TrainerRoom(GrainFactory, devices, time, recovery.Value.RoomInterval, options);
        var count = await room.CountAsync();
        state.State.Trainers = options.Elastic ? count : null;
        var attempt = ++state.State.Attempt;
        var sums = RewindTo(step, latest.Name, plan);
        await WriteStateAsync();

        var trainers = new TrainerGroup(GrainFactory, logger, Run, silo.SiloAddress, attempt, count);
        Activity? epoch = null;
        try
        {
            await trainers.PrepareAsync(options.Shards / count, smallestShard, state.State.OptionsJson!, latest.Name, step);
            if (options.Elastic)
            {
                logger.LogInformation("Run {Run} goes on from step {Step} with {Trainers} of at most {Most} trainers.", Run, step, count, options.Trainers);
            }

            _progress.Restart(step, plan.ShareDone(step));
            var selection = new EpochSelection(options.Validation, state.State);
            var isOver = selection.IsOver;
            while (step < plan.Steps && !isOver)
            {
                stop.ThrowIfCancellationRequested();
                if (Cancel.IsMade)
                {
                    await EndAsync(trainers, RunState.Canceled, null, stop);
                    return;
                }

                var position = plan.At(step);
                epoch ??= TrainingTelemetry.StartEpoch(position.Phase.Name, position.Epoch);
                var clock = Stopwatch.StartNew();
                var reports = await StepAsync(trainers, step);
                measured.StepTaken(position.Phase.Name, reports.Sum(report => report.Loss));
                sums.Add(reports, clock.Elapsed.TotalSeconds);
                step++;
                _progress.Advance(position.Phase.Name, step, plan.ShareDone(step), reports.Sum(report => report.Images), reports.Sum(report => report.Loss));

                var isBest = false;
                if (position.IsEpochEnd)
                {
                    await trainers.RequireEqualReplicasAsync(step);
                    var validation = ModelSelection.IsValidated(options.Validation, position) ? await trainers.ValidateAsync(position.Epoch, ValidationSplit.Parts(options.Validation)) : null;
                    var learningRate = LearningRateSchedule.At(options.Optimizer, position);
                    var row = sums.Finish(position, learningRate, validation);
                    state.State.History.Add(row);
                    measured.EpochEnded("training", row.CleanAccuracy, row.RobustAccuracy);
                    measured.EpochEnded("validation", validation?.CleanAccuracy, validation?.RobustAccuracy);
                    epoch?.Dispose();
                    epoch = null;
                    sums = new EpochSums();
                    (isBest, isOver) = (selection.IsBest(position.Epoch), selection.IsOver);
                    await WriteStateAsync();   // Before the checkpoint: a row too many is dropped on a resume, one too few would be lost.
                }

                var isDue = position.IsPhaseEnd || isBest || isOver || (position.IsEpochEnd && (position.Epoch + 1) % options.CheckpointEveryEpochs == 0);
                var hasRoom = _progress.FailedCheckpoint is null && await room.HasMoreThanAsync(count, position.IsEpochEnd);   // A second checkpoint that fails would end the run.
                if (isDue || _isPauseRequested || _leaving is not null || hasRoom)
                {
                    await SaveAsync(trainers, step, sums, isLast: isOver || step == plan.Steps);
                }

                if (Cancel.IsMade || step == plan.Steps || isOver)
                {
                    continue;   // A run that is given up is neither paused nor handed over.
                }

                if (_isPauseRequested)
                {
                    await EndAsync(trainers, RunState.Paused, null, stop);
                    return;
                }

                if (_leaving is not null)
                {
                    return;
                }

                if (hasRoom && state.State.CheckpointStep == step)   // Else the store is away: no step is repeated for this.
                {
                    logger.LogInformation("Run {Run} leaves its {Trainers} trainers at the checkpoint of step {Step} to go on with more, as silos have joined.", Run, count, step);
                    return;
                }
            }

            await EndAsync(trainers, RunState.Completed, isOver && step < plan.Steps ? $"{state.State.Message} {selection.Describe()}".TrimStart() : state.State.Message, stop);
        }
        finally
        {
            epoch?.Dispose();
            await trainers.DisbandAsync();
        }
    }

    /// <summary>Frees the trainers, then says how the run ended: should this silo die in between, whoever takes the run up finds them, while nobody would after the end.</summary>
    private async Task EndAsync(TrainerGroup trainers, RunState ended, string? message, CancellationToken stop)
    {
        await trainers.DisbandAsync();
        await EndAsync(ended, message, stop);
    }

    private static async Task<TrainerStep[]> StepAsync(TrainerGroup trainers, long step)
    {
        using var activity = TrainingTelemetry.StartStep(step);
        return await trainers.StepAsync(step);
    }

    private string CheckpointPrefix => $"runs/{Run}/checkpoints/";

    /// <summary>Refuses options that the data cannot meet before anything is stored. Data that is missing on this silo is the run's to report.</summary>
    private async Task RequireEnoughImagesAsync(TrainingOptions options)
    {
        try
        {
            _ = await PlanAsync(options);
        }
        catch (Exception exception) when (exception is DatasetNotFoundException or InvalidDataException)
        {
            logger.LogWarning("The data of run {Run} cannot be read: {Reason}", Run, exception.Message);
        }
    }

    /// <summary>Lays out the steps; needs the labels, as shards may differ by an image.</summary>
    private Task<(TrainingPlan Plan, int SmallestShard)> PlanAsync(TrainingOptions options) => Task.Run(() =>
    {
        var dataset = datasets.Open(options.Dataset, DataSplit.Train, options.DataDirectory);
        _ = datasets.GetGenerated(options);   // To refuse images that do not fit.
        var smallest = TrainingShard.Plan(dataset, options).Min(shard => shard.Length);
        return (new TrainingPlan(options, smallest), smallest);
    });

    /// <summary>Forgets what was measured after the checkpoint from which the run goes on, as it will be measured again.</summary>
    private EpochSums RewindTo(long step, string? checkpoint, TrainingPlan plan)
    {
        var run = state.State;
        var isAsStored = run.CheckpointStep == step;
        run.Steps = plan.Steps;
        run.Epochs = plan.Epochs;
        run.Checkpoint = checkpoint;
        run.CheckpointStep = step;
        run.History.RemoveAll(row => row.Epoch > step / plan.StepsPerEpoch);
        return isAsStored ? run.UnfinishedEpoch?.Copy() ?? new EpochSums() : new EpochSums();
    }

    /// <summary>Stores a checkpoint. A store that is away does not stop the run unless the checkpoint before is missing too.</summary>
    private async Task SaveAsync(TrainerGroup trainers, long step, EpochSums sums, bool isLast)
    {
        // What an elastic run computes depends on how many trainers its attempts had, and a silo that was taken for dead may still write: not under the same name.
        var name = $"{CheckpointPrefix}step-{step:D8}{(state.State.Trainers is null ? "" : $"-attempt-{state.State.Attempt}")}";
        var metrics = new Dictionary<string, double>();
        if (state.State.History.LastOrDefault() is { } last)
        {
            metrics["loss"] = last.Loss;
            if (sums.StepCount == 0 && last.Validation is { } validation)   // Of these weights, not of those some steps ago.
            {
                metrics[ModelSelection.CleanAccuracyMetric] = validation.CleanAccuracy;
                metrics[ModelSelection.RobustAccuracyMetric] = validation.RobustAccuracy;
            }
        }

        try
        {
            await trainers.SaveCheckpointAsync(name, metrics);
            _progress.FailedCheckpoint = null;
        }
        catch (IOException exception) when (_progress.FailedCheckpoint is null && !_isPauseRequested && !isLast)
        {
            _progress.FailedCheckpoint = name;
            state.State.Message = $"The checkpoint of step {step} could not be stored; the run goes on and tries again at the next: {exception.Message}";
            logger.LogError("Run {Run} could not store {Checkpoint}: {Reason}", Run, name, exception.Message);
            return;
        }
        catch (IOException exception)
        {
            throw new RunFailedException($"Neither {_progress.FailedCheckpoint ?? "the checkpoint before"} nor {name} could be stored. Mend the store and resume. {exception.Message}");
        }

        state.State.Checkpoint = name;
        state.State.CheckpointStep = step;
        state.State.UnfinishedEpoch = sums.Copy();
        await WriteStateAsync();
    }

    /// <summary>
    /// Stores how the run has ended. A store that is away is waited for, so that the reason is not lost. If it stays away, the grain gives up what
    /// it knows: the store says that the run is to go on, and whoever looks for such work there takes it up again when the store is back.
    /// </summary>
    private async Task EndAsync(RunState ended, string? message, CancellationToken stop)
    {
        state.State.State = ended = Cancel.Ending(ended);
        state.State.Message = message;
        for (var tries = 1; ; tries++)
        {
            try
            {
                await WriteStateAsync();
                telemetry.RunEnded(ended.ToString().ToLowerInvariant());
                return;
            }
            catch (Exception exception) when (StoreFailure.IsPassing(exception))
            {
                if (tries > recovery.Value.MaxFruitlessRecoveries)
                {
                    logger.LogError("Run {Run} rests until the store is back. It could not be stored that it is {State}: {Reason}", Run, ended, exception.Message);
                    DeactivateOnIdle();
                    return;
                }

                logger.LogWarning("How run {Run} has ended could not be stored and is tried again: {Reason}", Run, exception.Message);
                await Task.Delay(Patience(tries), time, stop);
            }
        }
    }

    /// <summary>Wait after so many vain tries in a row.</summary>
    private TimeSpan Patience(int tries) => recovery.Value.FirstDelay * Math.Pow(2, tries - 1);

    private Task WriteStateAsync()
    {
        state.State.Elapsed += _progress.TakeSinceWrite();
        return state.WriteStateAsync();
    }
}
