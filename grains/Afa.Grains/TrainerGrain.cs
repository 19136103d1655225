using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Data;
using Afa.Telemetry;
using Afa.Training;
using Orleans.Placement;

namespace Afa.Grains;

[RandomPlacement, KeepAlive]
[SuppressMessage("Design", "CA1001", Justification = "ReleaseAsync frees the replica, on the thread that its tensors live on.")]
internal sealed class TrainerGrain(DevicePool devices, CheckpointStore checkpoints, DatasetCache datasets, TrainerConnections connections, TrainingTelemetry telemetry, SiloWork work, TimeProvider time) : Grain, ITrainerGrain
{
    private DeviceLease? _lease;
    private IDisposable? _presence;
    private Trainer? _trainer;
    private TrainerAssignment? _assignment;
    private TrainingOptions? _options;
    private TrainingPlan? _plan;
    private ValidationSplit? _heldOut;
    private long _nextStep;
    private TrainerStep? _lastStep;
    private (long Step, Task<ImageBatch> Images)? _nextBatch;

    public async Task<TrainerReadiness> PrepareAsync(TrainerAssignment assignment)
    {
        var options = JsonSerializer.Deserialize<TrainingOptions>(assignment.OptionsJson, AfaJson.Options)!;
        var problems = await Task.WhenAll(assignment.Shards.Select(shard => Shard(assignment.Run, shard).PrepareAsync(assignment.OptionsJson)));
        if (problems.FirstOrDefault(problem => problem is not null) is { } problem)
        {
            return new TrainerReadiness(problem);
        }

        var checkpoint = assignment.Checkpoint is null ? null : await checkpoints.LoadAsync(assignment.Checkpoint);
        var collective = connections.Connect(TaskScheduler.Current, assignment.Run, assignment.Attempt, assignment.Rank, assignment.Trainers);
        _options = options;
        _plan = new TrainingPlan(options, assignment.SmallestShard);
        _heldOut = null;
        _assignment = assignment;
        _nextStep = assignment.Step;
        _lastStep = null;
        _nextBatch = null;
        _lease ??= devices.Lease();
        _presence ??= work.Begin(assignment.Run);
        await _lease.Worker.RunAsync(() =>
        {
            _trainer?.Dispose();
            _trainer = new Trainer(options, collective, _lease.Worker.Device);
            if (checkpoint is not null)
            {
                TrainerCheckpoint.Restore(_trainer, checkpoint);
            }
        });
        return new TrainerReadiness(Problem: null);
    }

    public async Task<TrainerStep> StepAsync(int attempt, long step)
    {
        var (assignment, trainer, worker) = Prepared(attempt);
        if (_lastStep is { } last && last.Step == step)
        {
            return last;
        }

        if (step != _nextStep)
        {
            throw new InvalidOperationException($"Trainer '{this.GetPrimaryKeyString()}' is at step {_nextStep}; it cannot take step {step}.");
        }

        using var activity = TrainingTelemetry.StartTrainerStep(assignment.Rank);
        var started = Stopwatch.GetTimestamp();
        var position = _plan!.At(step);
        var batch = await (_nextBatch is { } next && next.Step == step ? next.Images : LoadAsync(assignment, position));
        var waited = Stopwatch.GetElapsedTime(started);
        var running = worker.RunAsync(() => Step(trainer, position, batch));
        if (step + 1 < _plan.Steps)
        {
            // What a step's images are depends on nothing that this one computes, so they are read and augmented meanwhile.
            _nextBatch = (step + 1, LoadAsync(assignment, _plan.At(step + 1)));
        }

        var (result, intervals) = await running;
        telemetry.StepTaken(result.Images, waited, result.PhaseSeconds);
        TrainingTelemetry.TraceParts(started, waited, intervals);
        if (result.Failure is not null)
        {
            telemetry.LossNotFinite();
        }

        _nextStep = step + 1;
        _lastStep = result;
        return result;
    }

    public async Task<TrainerValidation> ValidateAsync(int attempt, int epoch, int part)
    {
        var (_, trainer, worker) = Prepared(attempt);
        var options = _options!;
        var heldOut = _heldOut ??= await Task.Run(() => new ValidationSplit(datasets.Get(options.Dataset, DataSplit.Train, options.DataDirectory), options));
        var counts = await worker.RunAsync(() =>
        {
            using var evaluated = trainer.ShowEvaluatedWeights();
            return RobustValidation.Count(trainer.Model, heldOut.Part(part), options, epoch, worker.Device);
        });
        return new TrainerValidation(counts.Images, counts.CleanCorrect, counts.RobustCorrect);
    }

    public async Task<bool> GatherResidualsAsync(int attempt)
    {
        var (_, trainer, worker) = Prepared(attempt);
        return await worker.RunAsync(trainer.GatherResiduals);
    }

    public async Task SaveCheckpointAsync(int attempt, string name, IReadOnlyDictionary<string, double> metrics)
    {
        var (assignment, trainer, worker) = Prepared(attempt);
        var epoch = (int)(_nextStep / _plan!.StepsPerEpoch);
        var checkpoint = await worker.RunAsync(() => TrainerCheckpoint.Capture(trainer, new CheckpointState
        {
            Run = assignment.Run,
            Phase = trainer.Phase,
            Epoch = epoch,
            Step = _nextStep,
            ModelOptions = trainer.Model.Options,
            Options = JsonSerializer.Deserialize<JsonElement>(assignment.OptionsJson),
            Metrics = metrics.ToDictionary(),
            Parent = assignment.Checkpoint,
            CreatedAt = time.GetUtcNow(),
        }));
        var started = Stopwatch.GetTimestamp();
        try
        {
            await checkpoints.SaveAsync(name, checkpoint);
        }
        catch (IOException)
        {
            telemetry.CheckpointFailed();
            throw;
        }

        telemetry.CheckpointWritten(checkpoint.Model.Values.Concat(checkpoint.Optimizer?.Values ?? []).Sum(tensor => (long)tensor.Data.Length), started);
    }

    public async Task<string> HashWeightsAsync(int attempt)
    {
        var (_, trainer, worker) = Prepared(attempt);
        return await worker.RunAsync(() => TrainerCheckpoint.HashWeights(trainer.Model));
    }

    public async Task ReleaseAsync()
    {
        (_nextBatch, _heldOut, _lastStep) = (null, null, null);
        if (_lease is { } lease)
        {
            _lease = null;
            await lease.Worker.RunAsync(() => _trainer?.Dispose());
            _trainer = null;
            lease.Dispose();
        }

        _presence?.Dispose();
        _presence = null;
    }

    public async Task LeaveAsync()
    {
        await ReleaseAsync();
        DeactivateOnIdle();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => ReleaseAsync();

    private async Task<ImageBatch> LoadAsync(TrainerAssignment assignment, TrainingPosition position)
    {
        var batches = await Task.WhenAll(assignment.Shards.Select(shard => Shard(assignment.Run, shard).GetBatchAsync(position.Epoch, position.StepInEpoch, _plan!.ImagesPerShard)));
        return ImageBatch.Concat([.. batches.Select(part => new ImageBatch(part.Pixels, part.Labels, part.SampleIds, part.Channels, part.Height, part.Width))]);
    }

    private static (TrainerStep Result, IReadOnlyList<StepInterval> Intervals) Step(Trainer trainer, TrainingPosition position, ImageBatch batch)
    {
        try
        {
            var report = trainer.Step(position, batch);
            var result = new TrainerStep(
                position.Step, report.Loss, report.Images, report.CleanCorrect, report.RobustCorrect, report.FeatureMatches, report.PhaseSeconds, Failure: null);
            return (result, report.Intervals);
        }
        catch (LossNotFiniteException exception)
        {
            return (new TrainerStep(position.Step, double.NaN, batch.Count, null, null, null, new Dictionary<string, double>(), exception.Message), []);
        }
    }

    private (TrainerAssignment Assignment, Trainer Trainer, DeviceWorker Worker) Prepared(int attempt)
    {
        return _assignment?.Attempt == attempt && _trainer is not null && _lease is not null
            ? (_assignment, _trainer, _lease.Worker)
            : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                $"Trainer '{this.GetPrimaryKeyString()}' is prepared for attempt {_assignment?.Attempt.ToString(CultureInfo.InvariantCulture) ?? "none"}, not {attempt}; the run must start over."));
    }

    private IDatasetShardGrain Shard(string run, int shard) => GrainFactory.GetGrain<IDatasetShardGrain>($"{run}/{shard}");
}
