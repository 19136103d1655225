using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Sweeps;
using Afa.Training;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace Afa.Grains;

/// <summary>
/// Runs the trials of a sweep over the device slots: as many at a time as their trainers fit, each trained and then evaluated where it was
/// trained. Whatever dies, runs and evaluations go on from what they stored, so the sweep only has to remember which trials have ended.
/// </summary>
[KeepAlive]
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle and a source without a timer hold nothing to free.")]
internal sealed class SweepGrain(
    [PersistentState("sweep", StorageNames.Store)] IPersistentState<SweepState> state,
    IBlobStore blobs,
    DevicePool devices,
    TimeProvider time,
    IOptions<RunRecoveryOptions> recovery,
    SiloWork siloWork,
    ILogger<SweepGrain> logger) : Grain, ISweepGrain
{
    private const int MaxTries = 6;

    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Dictionary<string, SweepTrialRun> _working = [];
    private readonly List<SiloAddress> _busySilos = [];   // One entry for each trial at work.
    private Task? _loop;
    private SweepProgress? _progress;
    private int _busySlots;
    private bool _isPausing;

    private string Sweep => this.GetPrimaryKeyString();

    private bool IsAtWork => _loop is { IsCompleted: false };

    private Heartbeat Heartbeat => new(blobs, $"sweeps/{Sweep}/heartbeat.json", time);

    private SweepProgress Progress => _progress ??= new SweepProgress(JsonSerializer.Deserialize<SweepPlan>(state.State.PlanJson!, AfaJson.Options)!, time);

    private CancelRequest Cancel => field ??= new(blobs, $"sweeps/{Sweep}");

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State is { PlanJson: not null, State: RunState.Running } && recovery.Value.ResumesOnActivation && !siloWork.IsLeaving)
        {
            _loop = RunAsync(Heartbeat.TakeOver());
        }

        return Task.CompletedTask;
    }

    /// <summary>The process ends or the grain moves: the state says that there is more to do.</summary>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _ending.CancelAsync();

    public async Task StartAsync(string planJson)
    {
        var plan = JsonSerializer.Deserialize<SweepPlan>(planJson, AfaJson.Options)!;
        var json = JsonSerializer.Serialize(plan, AfaJson.Options);
        if (state.State.PlanJson is { } known)
        {
            if (known != json)
            {
                throw new InvalidOperationException($"The sweep '{Sweep}' exists with other trials. Choose another name, or resume it as it is.");
            }

            return;
        }

        Require(plan);
        await RequireFreeNamesAsync(plan);
        await BeginAsync(sweep =>
        {
            sweep.PlanJson = json;
            sweep.CreatedAt = time.GetUtcNow();
        });
    }

    public async Task ResumeAsync()
    {
        if (state.State.PlanJson is null)
        {
            throw NoSuchSweep();
        }

        if (_loop is { } ending && (_isPausing || state.State.State != RunState.Running))
        {
            // It goes on from where the pause, or the end, leaves it.
            await ending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        if (state.State.State == RunState.Canceled)
        {
            throw new InvalidOperationException($"The sweep '{Sweep}' was canceled and does not go on. Start another.");
        }

        if (IsAtWork)
        {
            return;
        }

        if (await Heartbeat.IsElsewhereAsync())
        {
            throw WorkedOnElsewhere();
        }

        await state.ReadStateAsync();   // Another process may have gone on with it since this grain last looked.
        var trials = state.State.Trials;
        if (state.State.State == RunState.Completed && trials.Values.All(trial => trial.State == SweepTrialState.Completed))
        {
            return;
        }

        await BeginAsync(sweep =>
        {
            foreach (var failed in sweep.Trials.Where(trial => trial.Value.State == SweepTrialState.Failed).Select(trial => trial.Key).ToList())
            {
                sweep.Trials.Remove(failed);
            }
        });
    }

    private async Task BeginAsync(Action<SweepState> change)
    {
        var lease = await Heartbeat.BeginAsync(state, sweep =>
        {
            change(sweep);
            (sweep.State, sweep.Message) = (RunState.Running, null);
        }) ?? throw WorkedOnElsewhere();
        _isPausing = false;
        _loop = RunAsync(lease);
    }

    private WorkedOnElsewhereException WorkedOnElsewhere() => new($"Another process is at work on the sweep '{Sweep}'. Follow it with: afa watch {Sweep}");

    public Task PauseAsync()
    {
        _isPausing = true;
        return state.State.PlanJson is null ? Task.FromException(NoSuchSweep()) : Task.CompletedTask;
    }

    public async Task CancelAsync()
    {
        if (state.State.PlanJson is null)
        {
            throw NoSuchSweep();
        }

        if (IsAtWork && state.State.State == RunState.Running)
        {
            await Cancel.MakeAsync();
            _isPausing = true;   // One from which the sweep does not go on.
            if (IsAtWork && state.State.State == RunState.Running)
            {
                return;
            }

            await _loop!.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);   // It has just ended.
        }

        if (state.State.State is not (RunState.Completed or RunState.Canceled))
        {
            await using var lease = await Heartbeat.BeginAsync(state, sweep => (sweep.State, sweep.Message) = (RunState.Canceled, null)) ?? throw WorkedOnElsewhere();
            await CancelTrialsAsync(_ending.Token);
        }
        else if (state.State.State == RunState.Canceled)
        {
            await CancelTrialsAsync(_ending.Token);   // Those that the first call could not reach.
        }
    }

    /// <summary>Cancels the runs and evaluations of trials that were begun and have not ended; one that another process has is left to it.</summary>
    private async Task CancelTrialsAsync(CancellationToken stopping)
    {
        foreach (var trial in Progress.Plan.Trials.Where(trial => state.State.Trials.TryGetValue(trial.Name, out var record) && !record.IsEnded))
        {
            try
            {
                await new SweepTrialRun(GrainFactory, Sweep, trial, silo: null, time, stopping).CancelAsync();
            }
            catch (WorkedOnElsewhereException exception)
            {
                logger.LogWarning("Trial {Trial} of {Sweep} is not canceled: {Reason}", trial.Name, Sweep, exception.Message);
            }
        }
    }

    private InvalidOperationException NoSuchSweep() => new($"There is no sweep '{Sweep}'.");

    public async Task<SweepStatus?> GetStatusAsync()
    {
        await RefreshAsync();
        var sweep = state.State;
        if (sweep.PlanJson is null)
        {
            return null;
        }

        var isElsewhere = sweep.State == RunState.Running && !IsAtWork && await Heartbeat.IsElsewhereAsync();
        var isInterrupted = sweep.State == RunState.Running && !IsAtWork && !isElsewhere;
        var trials = Progress.Trials(Sweep, sweep.Trials, isElsewhere ? await LookAsync(_ending.Token) : _working);
        var share = Progress.Share(trials);
        return new SweepStatus(
            Sweep,
            isInterrupted ? RunState.Paused : sweep.State,
            sweep.PlanJson,
            sweep.CreatedAt,
            trials,
            share,
            IsAtWork ? Progress.TimeLeft(share) : null,
            sweep.Elapsed + (IsAtWork ? Progress.SinceWrite : TimeSpan.Zero),
            isInterrupted ? "Its process ended before the sweep did." : sweep.Message);
    }

    public async Task<string?> GetResultAsync()
    {
        await RefreshAsync();
        if (state.State.PlanJson is null)
        {
            return null;
        }

        var trials = Progress.Reports(Sweep, state.State.Trials);
        return JsonSerializer.Serialize(
            new SweepDocument
            {
                Sweep = Sweep,
                CreatedAt = state.State.CreatedAt,
                Seconds = state.State.Elapsed.TotalSeconds,
                Varied = Progress.Plan.Varied,
                Groups = SweepSummary.Groups(Progress.Plan.Points, trials),
                Trials = trials,
            },
            AfaJson.Options);
    }

    /// <summary>Another process that shares the store may be at work.</summary>
    private async Task RefreshAsync()
    {
        if (state.State.PlanJson is not null && state.State.State != RunState.Completed && !IsAtWork)
        {
            await state.ReadStateAsync();
        }
    }

    private void Require(SweepPlan plan)
    {
        var problems = new List<ValidationResult>();
        Validator.TryValidateObject(plan, new ValidationContext(plan), problems, validateAllProperties: true);
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join('\n', problems.Select(problem => problem.ErrorMessage)));
        }

        foreach (var name in plan.Trials.Select(trial => trial.Run(Sweep)))
        {
            BlobName.Validate(name);
            if (name.Contains('/', StringComparison.Ordinal))
            {
                throw new ArgumentException($"The name of a trial must have no '/', not '{name}'.");
            }
        }
    }

    /// <summary>Runs and evaluations of these names may have other options, so that they would be refused hours later.</summary>
    private async Task RequireFreeNamesAsync(SweepPlan plan)
    {
        var catalog = GrainFactory.GetGrain<ICatalogGrain>(0);
        List<string> taken =
        [
            .. (await catalog.ListRunsAsync()).Intersect(plan.Trials.Select(trial => trial.Run(Sweep))),
            .. (await catalog.ListEvaluationsAsync()).Intersect(plan.Trials.Select(trial => trial.EvaluationName(Sweep))),
        ];
        if (taken.Count > 0)
        {
            throw new ArgumentException($"There are runs or evaluations of the names that the sweep's would have: {string.Join(", ", taken)}. Choose another name for the sweep.");
        }
    }

    private async Task RunAsync(Heartbeat.Lease lease)
    {
        await Task.Yield();   // The call that started the sweep gets its answer first.
        await using var held = lease;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token, lease.Lost);
        try
        {
            _isPausing |= await Cancel.FindAsync(stopping.Token);

            Progress.Restart(Progress.Share(Progress.Trials(Sweep, state.State.Trials, await LookAsync(stopping.Token))));
            await WorkAsync(stopping.Token);
            if (!stopping.IsCancellationRequested)
            {
                var records = state.State.Trials.Values;
                var failed = records.Count(record => record.State == SweepTrialState.Failed);
                var isDone = records.Count(record => record.IsEnded) == Progress.Plan.Trials.Count;
                if (Cancel.IsMade && !isDone)
                {
                    await CancelTrialsAsync(stopping.Token);
                }

                var ended = isDone ? RunState.Completed : Cancel.IsMade ? RunState.Canceled : RunState.Paused;
                await EndAsync(ended, failed == 0 ? null : $"{failed} of {Progress.Plan.Trials.Count} trials failed{(ended == RunState.Canceled ? "." : "; resume the sweep to try them again.")}", stopping.Token);
            }
        }
        catch (Exception exception) when (stopping.IsCancellationRequested)
        {
            logger.LogWarning("Sweep {Sweep} rests: {Reason}", Sweep, exception.Message);
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "Sweep {Sweep} failed.", Sweep);
            await TryFailAsync(exception.Message, stopping.Token);
        }
    }

    /// <summary>Stores that the sweep failed. If that fails too, what is stored says that it runs, and without a heartbeat it is taken for interrupted.</summary>
    private async Task TryFailAsync(string message, CancellationToken stopping)
    {
        try
        {
            await EndAsync(RunState.Failed, message, stopping);
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "That sweep {Sweep} failed could not be stored.", Sweep);
        }
    }

    /// <summary>Starts trials in the order of the plan whenever the next one fits; a trial never waits for a slot while it holds others.</summary>
    private async Task WorkAsync(CancellationToken stopping)
    {
        var waiting = new Queue<SweepTrial>(Progress.Plan.Trials.Where(trial => !state.State.Trials.TryGetValue(trial.Name, out var record) || !record.IsEnded));
        var working = new List<Task>();
        using var loop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            while (true)
            {
                var silos = await GrainFactory.ActiveSilosAsync();
                var slots = silos.Count * devices.Slots;
                while (!_isPausing && waiting.TryPeek(out var next) && (_busySlots == 0 || _busySlots + next.Training.Trainers <= slots))
                {
                    waiting.Dequeue();
                    _busySlots += next.Training.Trainers;
                    working.Add(RunTrialAsync(next, silos.MinBy(silo => _busySilos.Count(busy => busy == silo))!, () => waiting.Count > 0 ? 0 : Math.Max(0, slots - _busySlots), loop.Token));
                }

                if (working.Count == 0)
                {
                    return;
                }

                var ended = await Task.WhenAny(working);
                working.Remove(ended);
                await ended;
            }
        }
        catch
        {
            // The lease ends with the loop, and no trial may go on without it.
            await loop.CancelAsync();
            await Task.WhenAll(working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            throw;
        }
    }

    /// <param name="silo">The one with the fewest trials.</param>
    /// <param name="spareSlots">Slots that no other trial needs from now on.</param>
    private async Task RunTrialAsync(SweepTrial trial, SiloAddress silo, Func<int> spareSlots, CancellationToken stopping)
    {
        var run = new SweepTrialRun(GrainFactory, Sweep, trial, silo, time, stopping);
        var slots = trial.Training.Trainers;
        _working[trial.Name] = run;
        _busySilos.Add(silo);
        try
        {
            await RecordAsync(trial, new SweepTrialRecord(SweepTrialState.Training), stopping);
            if (await run.TrainAsync(() => _isPausing) is { } trained)
            {
                await RecordAsync(trial, new SweepTrialRecord(SweepTrialState.Evaluating), stopping);
                var spare = spareSlots();
                _busySlots += spare;
                slots += spare;
                if (await run.EvaluateAsync(trained, slots, () => _isPausing) is { } result)
                {
                    await RecordAsync(trial, new SweepTrialRecord(SweepTrialState.Completed, Result: result), stopping);
                }
            }
        }
        catch (Exception exception) when (exception is not InconsistentStateException && !stopping.IsCancellationRequested)
        {
            var reason = OneLine(exception.Message);
            logger.LogWarning("Trial {Trial} of {Sweep} failed: {Reason}", trial.Name, Sweep, reason);
            await RecordAsync(trial, new SweepTrialRecord(SweepTrialState.Failed, reason), stopping);
        }
        finally
        {
            _working.Remove(trial.Name);
            _busySilos.Remove(silo);
            _busySlots -= slots;
        }
    }

    /// <summary>A message as a table shows it, without the stack trace that Orleans puts into that of a grain's exception.</summary>
    private static string OneLine(string message) =>
        string.Join(' ', message.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith("at ", StringComparison.Ordinal) && !line.StartsWith("---", StringComparison.Ordinal)));

    /// <summary>How far the trials are that were begun.</summary>
    private async Task<Dictionary<string, SweepTrialRun>> LookAsync(CancellationToken stopping)
    {
        var looks = new Dictionary<string, SweepTrialRun>();
        foreach (var trial in Progress.Plan.Trials.Where(trial => state.State.Trials.TryGetValue(trial.Name, out var record) && !record.IsEnded))
        {
            var look = looks[trial.Name] = new SweepTrialRun(GrainFactory, Sweep, trial, silo: null, time, stopping);
            _ = state.State.Trials[trial.Name].State == SweepTrialState.Training ? (object?)await look.LookAtTrainingAsync() : await look.LookAtEvaluationAsync();
        }

        return looks;
    }

    private async Task RecordAsync(SweepTrial trial, SweepTrialRecord record, CancellationToken stopping)
    {
        state.State.Trials[trial.Name] = record;
        await WriteStateAsync(stopping);
    }

    private async Task EndAsync(RunState ended, string? message, CancellationToken stopping)
    {
        if (ended == RunState.Completed && Cancel.IsMade)
        {
            await Cancel.ForgetAsync();   // Trials that failed may be tried again.
        }

        state.State.State = Cancel.Ending(ended);
        state.State.Message = message;
        await WriteStateAsync(stopping);
    }

    /// <summary>Trials end in their own time; only one write may be under way.</summary>
    private async Task WriteStateAsync(CancellationToken stopping)
    {
        await _writing.WaitAsync(stopping);
        try
        {
            state.State.Elapsed += Progress.TakeSinceWrite();
            for (var tries = 1; ; tries++)
            {
                try
                {
                    await state.WriteStateAsync(stopping);
                    return;
                }
                catch (Exception exception) when (tries < MaxTries && !stopping.IsCancellationRequested && StoreFailure.IsPassing(exception))
                {
                    logger.LogWarning("The state of sweep {Sweep} could not be stored and is tried again: {Reason}", Sweep, exception.Message);
                    await Task.Delay(TimeSpan.FromSeconds(Math.Pow(2, tries)), time, stopping);
                }
            }
        }
        finally
        {
            _writing.Release();
        }
    }
}
