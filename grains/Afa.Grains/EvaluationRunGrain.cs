using System.Diagnostics;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Data;
using Afa.Evaluation;
using Afa.Telemetry;
using Afa.Training;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime.Placement;

namespace Afa.Grains;

/// <summary>Cuts an evaluation into units, leases them to one evaluator for each device slot, and stores each unit's record before it counts it.</summary>
[KeepAlive]
internal sealed class EvaluationRunGrain(
    [PersistentState("evaluation-run", StorageNames.Store)] IPersistentState<EvaluationRunState> state,
    IBlobStore blobs,
    CheckpointStore checkpoints,
    DatasetCache datasets,
    DevicePool devices,
    ILocalSiloDetails silo,
    TimeProvider time,
    IOptions<RunRecoveryOptions> recovery,
    EvaluationTelemetry telemetry,
    SiloWork siloWork,
    ILogger<EvaluationRunGrain> logger) : Grain, IEvaluationRunGrain
{
    private const int MaxTries = 6;

    private readonly Stopwatch _clock = new();
    private Task? _loop;
    private EvaluationJob? _job;
    private UnitRecords? _records;
    private EvaluationProgress? _progress;
    private Queue<EvaluationUnit> _work = [];
    private bool _isStopping;
    private double _resumedShare;
    private int _resumedImages;

    private string Evaluation => this.GetPrimaryKeyString();

    private Heartbeat Heartbeat => new(blobs, $"evaluations/{Evaluation}/heartbeat.json", time);

    private CancelRequest Cancel => field ??= new(blobs, $"evaluations/{Evaluation}");

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State is { OptionsJson: not null, State: RunState.Running } && recovery.Value.ResumesOnActivation && !siloWork.IsLeaving)
        {
            _loop = RunAsync(Heartbeat.TakeOver());
        }

        return Task.CompletedTask;
    }

    /// <summary>The process ends or the grain moves: what is finished is stored, and the state says that there is more to do.</summary>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _isStopping = true;
        DropWork();
        return Task.CompletedTask;
    }

    public async Task StartAsync(string? optionsJson, int? mostSlots)
    {
        await WhenSettledAsync();
        var isNew = state.State.OptionsJson is null;
        if (isNew && optionsJson is null)
        {
            throw NoSuchEvaluation();
        }

        var request = optionsJson is null ? state.State.RequestJson : JsonSerializer.Serialize(JsonSerializer.Deserialize<EvaluationOptions>(optionsJson, AfaJson.Options)!, AfaJson.Options);
        if (!isNew && request != state.State.RequestJson)
        {
            throw new InvalidOperationException($"The evaluation '{Evaluation}' exists with other options. Choose another name.");
        }

        if (state.State.State == RunState.Canceled || (Cancel.IsMade && _loop is { IsCompleted: false }))
        {
            throw new InvalidOperationException($"The evaluation '{Evaluation}' was canceled and does not go on. Start another.");
        }

        if (_loop is { IsCompleted: false } || state.State.State == RunState.Completed)
        {
            return;
        }

        if (await Heartbeat.IsElsewhereAsync())
        {
            throw WorkedOnElsewhere();
        }

        (_job, var evaluated) = await EvaluationJob.CreateAsync(JsonSerializer.Deserialize<EvaluationOptions>(isNew ? request! : state.State.OptionsJson!, AfaJson.Options)!, checkpoints);
        var dataset = await Task.Run(() => datasets.Open(_job.Options.Dataset!, DataSplit.Test, _job.Options.DataDirectory));
        if (_job.Options.Images > dataset.Count)
        {
            throw new ArgumentException($"Images is {_job.Options.Images}, but {_job.Dataset.Title} has {dataset.Count} test images here; use as many or fewer.");
        }

        if (!isNew && state.State.Checkpoints.Except(evaluated).FirstOrDefault() is { } changed)
        {
            throw new ArgumentException($"The checkpoint '{changed.Name}' has other weights than when the evaluation '{Evaluation}' was begun. Start a new evaluation.");
        }

        var slots = isNew ? Math.Min((await GrainFactory.ActiveSilosAsync()).Count * devices.Slots, mostSlots ?? int.MaxValue) : state.State.Slots;
        var lease = await Heartbeat.BeginAsync(state, evaluation =>
        {
            if (isNew)
            {
                evaluation.Checkpoints = [.. evaluated];
                evaluation.RequestJson = request;
                evaluation.OptionsJson = JsonSerializer.Serialize(_job.Options, AfaJson.Options);
                evaluation.CreatedAt = time.GetUtcNow();
                evaluation.Slots = slots;
            }

            evaluation.MostSlots = mostSlots;
            (evaluation.State, evaluation.Message) = (RunState.Running, null);
        }) ?? throw WorkedOnElsewhere();
        _records = null;
        _loop = RunAsync(lease);
    }

    public async Task CancelAsync()
    {
        if (state.State.OptionsJson is null)
        {
            throw NoSuchEvaluation();
        }

        await WhenSettledAsync();
        if (_loop is { IsCompleted: false })
        {
            await Cancel.MakeAsync();
            DropWork();
            await WhenSettledAsync();   // It may just have ended.
        }

        if (_loop is null or { IsCompleted: true } && state.State.State is not (RunState.Completed or RunState.Canceled))
        {
            await using var lease = await Heartbeat.BeginAsync(state, evaluation => (evaluation.State, evaluation.Message) = (RunState.Canceled, null)) ?? throw WorkedOnElsewhere();
        }
    }

    /// <summary>A loop that has said how it ended still frees the evaluators; waits for that.</summary>
    private async Task WhenSettledAsync()
    {
        if (_loop is { } ending && state.State.State != RunState.Running)
        {
            await ending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private InvalidOperationException NoSuchEvaluation() => new($"There is no evaluation '{Evaluation}'.");

    private WorkedOnElsewhereException WorkedOnElsewhere() =>
        new($"Another process is at work on the evaluation '{Evaluation}'. Follow it with: afa watch {Evaluation}");

    public async Task<EvaluationStatus?> GetStatusAsync()
    {
        if (state.State.OptionsJson is null)
        {
            return null;
        }

        var isWorking = _loop is { IsCompleted: false };
        if (!isWorking && state.State.State != RunState.Completed)
        {
            await state.ReadStateAsync();   // Another process that shares the store may be at work.
        }

        if (state.State.State == RunState.Completed)
        {
            return Completed(state.State);   // Without its records, of which there may be thousands; also while its lease is given back.
        }

        var records = Records();
        var progress = _progress!;
        if (!isWorking)
        {
            await records.RefreshAsync();
        }

        var outcomes = records.Outcomes.Values.ToList();
        var done = outcomes.Sum(outcome => outcome.Unit.Count);
        var share = progress.Share(outcomes);
        var (elapsed, isMeasured) = (_clock.Elapsed, isWorking && share > _resumedShare);
        var isInterrupted = state.State.State == RunState.Running && !isWorking && !await Heartbeat.IsElsewhereAsync();
        return new EvaluationStatus(
            Evaluation,
            isInterrupted ? RunState.Paused : state.State.State,
            state.State.OptionsJson,
            state.State.CreatedAt,
            done,
            progress.Images,
            progress.Standing(outcomes),
            progress.Working,
            share,
            isMeasured ? (done - _resumedImages) / elapsed.TotalSeconds : 0,
            isMeasured ? elapsed * ((1 - share) / (share - _resumedShare)) : null,
            state.State.Elapsed + (isWorking && state.State.State == RunState.Running ? elapsed : TimeSpan.Zero),
            isInterrupted ? "Its process ended before the evaluation did." : state.State.Message);
    }

    private EvaluationStatus Completed(EvaluationRunState run)
    {
        var options = JsonSerializer.Deserialize<EvaluationOptions>(run.OptionsJson!, AfaJson.Options)!;
        var images = options.Checkpoints.Count * options.Epsilons.Count * options.Images;
        return new EvaluationStatus(Evaluation, RunState.Completed, run.OptionsJson!, run.CreatedAt, images, images, [], [], 1, 0, null, run.Elapsed, run.Message);
    }

    private UnitRecords Records()
    {
        if (_records is null)
        {
            _job ??= EvaluationJob.Of(JsonSerializer.Deserialize<EvaluationOptions>(state.State.OptionsJson!, AfaJson.Options)!);
            var plan = EvaluationUnit.Plan(_job.Options.Checkpoints.Count, _job.Options.Epsilons.Count, _job.Options.Images, state.State.Slots);
            _records = new UnitRecords(blobs, Evaluation, plan, _job, logger);
            _progress = new EvaluationProgress(_job);
        }

        return _records;
    }

    private async Task RunAsync(Heartbeat.Lease lease)
    {
        await Task.Yield();   // The call that started the evaluation gets its answer first.
        _clock.Restart();
        await using var held = lease;
        using var activity = EvaluationTelemetry.StartEvaluation(Evaluation);
        var evaluators = new List<IAttackEvaluatorGrain>();
        try
        {
            if (await Cancel.FindAsync())
            {
                throw new OperationCanceledException("It was canceled before its process ended.");
            }

            var silos = await GrainFactory.ActiveSilosAsync();
            var records = Records();
            await records.RefreshAsync();
            _work = new Queue<EvaluationUnit>(records.Missing);
            telemetry.UnitsWait(_work.Count);
            _resumedImages = records.Outcomes.Values.Sum(outcome => outcome.Unit.Count);
            _resumedShare = _progress!.Share(records.Outcomes.Values);
            for (var slot = 0; slot < Math.Min(Math.Min(silos.Count * devices.Slots, state.State.MostSlots ?? int.MaxValue), _work.Count); slot++)
            {
                evaluators.Add(GrainFactory.GetGrain<IAttackEvaluatorGrain>($"{Evaluation}/{slot}"));
            }

            var start = Math.Max(0, silos.IndexOf(silo.SiloAddress));
            await Task.WhenAll(evaluators.Select((evaluator, slot) => WorkAsync(evaluator, silos[(start + slot) % silos.Count], lease.Lost)));
            if (!_isStopping || Cancel.IsMade)
            {
                lease.Lost.ThrowIfCancellationRequested();
                await (Cancel.IsMade ? EndAsync(RunState.Canceled, null) : CompleteAsync());
            }
        }
        catch (Exception exception) when ((_isStopping && !Cancel.IsMade) || lease.Lost.IsCancellationRequested)
        {
            logger.LogWarning("Evaluation {Evaluation} rests: {Reason}", Evaluation, exception.Message);
        }
        catch (Exception exception) when (Cancel.IsMade)
        {
            logger.LogInformation("Evaluation {Evaluation} was canceled: {Reason}", Evaluation, exception.Message);
            await EndAsync(RunState.Canceled, null);
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "Evaluation {Evaluation} failed.", Evaluation);
            await EndAsync(RunState.Failed, exception.Message);
        }
        finally
        {
            DropWork();
            await Task.WhenAll(evaluators.Select(evaluator => evaluator.ReleaseAsync())).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            _clock.Stop();
            if (state.State.State == RunState.Completed)
            {
                (_records, _progress) = (null, null);
            }
        }
    }

    private void DropWork()
    {
        telemetry.UnitsWait(-_work.Count);
        _work.Clear();
    }

    private async Task WorkAsync(IAttackEvaluatorGrain evaluator, SiloAddress silo, CancellationToken lost)
    {
        var losses = 0;
        while (!lost.IsCancellationRequested && !Cancel.IsMade && _work.TryDequeue(out var unit))
        {
            using var lease = telemetry.UnitLeased();
            try
            {
                await StoreAsync(unit, await EvaluateAsync(evaluator, silo, unit));
                telemetry.UnitStored();
                losses = 0;
            }
            catch (LeaseLostException exception) when (++losses < MaxTries && !_isStopping && !Cancel.IsMade)
            {
                // A unit is a pure function of its options, so one that was lost is simply leased again, to whoever is free first.
                logger.LogWarning("Unit {Unit} of {Evaluation} is leased again: {Reason}", unit, Evaluation, exception.Message);
                _work.Enqueue(unit);
                telemetry.UnitsWait(1);
                telemetry.LeaseLost();
                await Task.Delay(TimeSpan.FromSeconds(losses), time, lost);   // A dead silo takes a while to be noticed.
            }
            catch
            {
                DropWork();   // So that the other slots end with the units that they have.
                throw;
            }
            finally
            {
                _progress!.Remove(unit);
            }
        }
    }

    private Task StoreAsync(EvaluationUnit unit, string outcome) => WritePatientlyAsync($"record of {unit}", () => _records!.AddAsync(unit, outcome));

    /// <summary>Writes to the store; what took hours to find is not thrown away because the store was away for a moment.</summary>
    private async Task WritePatientlyAsync(string what, Func<Task> write)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await write();
                return;
            }
            catch (Exception exception) when (tries < MaxTries && !_isStopping && StoreFailure.IsPassing(exception))
            {
                logger.LogWarning("The {What} of {Evaluation} could not be stored and is tried again: {Reason}", what, Evaluation, exception.Message);
                await Task.Delay(TimeSpan.FromSeconds(Math.Pow(2, tries)), time);
            }
        }
    }

    private async Task<string> EvaluateAsync(IAttackEvaluatorGrain evaluator, SiloAddress silo, EvaluationUnit unit)
    {
        const int exampleCount = 10;
        var key = UnitRecords.Key(unit);
        try
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
            await evaluator.BeginAsync(new UnitLease(key, state.State.OptionsJson!, JsonSerializer.Serialize(unit, AfaJson.Options), unit.Start == 0 ? exampleCount : 0));
            while (true)
            {
                if (Cancel.IsMade)
                {
                    throw new OperationCanceledException("The evaluation was canceled.");   // The unit under way ends with the evaluator's release.
                }

                var report = await evaluator.PollAsync(key) ?? throw new LeaseLostException("The evaluator was started anew.");
                if (report.OutcomeJson is { } outcome)
                {
                    return outcome;
                }

                _progress!.Update(unit, report);
            }
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or OperationCanceledException or (IOException and not FileNotFoundException))
        {
            throw new LeaseLostException(exception.Message, exception);
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }

    private async Task CompleteAsync()
    {
        var document = new EvaluationSummary(_job!, _records!.Outcomes.Values, state.State.Checkpoints, devices.ToString(), time)
            .Create(Evaluation, (state.State.Elapsed + _clock.Elapsed).TotalSeconds);
        var adversarial = new AdversarialFiles(_job!, [.. _records.Outcomes.Values], blobs);
        if (_job!.Options.SaveAdversarial)
        {
            await WritePatientlyAsync("adversarial images", () => adversarial.WriteAsync(Evaluation));
        }

        await WritePatientlyAsync("result", () => blobs.WriteAsync($"evaluations/{Evaluation}/result.json", JsonSerializer.SerializeToUtf8Bytes(document, AfaJson.Options)));
        await EndAsync(RunState.Completed, message: null);
        if (_job.Options.SaveAdversarial)
        {
            try
            {
                await adversarial.DeletePartsAsync(Evaluation);
            }
            catch (IOException exception)
            {
                logger.LogWarning("Parts of the adversarial images of {Evaluation} stay in the store: {Reason}", Evaluation, exception.Message);
            }
        }
    }

    private Task EndAsync(RunState ended, string? message)
    {
        (state.State.State, state.State.Message) = (ended, message);
        state.State.Elapsed += _clock.Elapsed;
        _clock.Restart();   // A state that could not be stored is not counted twice.
        return WritePatientlyAsync("state", state.WriteStateAsync);
    }
}
