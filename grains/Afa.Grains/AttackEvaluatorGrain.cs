using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Data;
using Afa.Evaluation;
using Afa.Models;
using Afa.Telemetry;
using Afa.Training;
using Orleans.Placement;
using TorchSharp;

namespace Afa.Grains;

[RandomPlacement, KeepAlive]
[SuppressMessage("Design", "CA1001", Justification = "ReleaseAsync frees the models, on the thread that their tensors live on.")]
internal sealed class AttackEvaluatorGrain(DevicePool devices, CheckpointStore checkpoints, DatasetCache datasets, IBlobStore blobs, EvaluationTelemetry telemetry, TimeProvider time) : Grain, IAttackEvaluatorGrain
{
    private const int ReferenceImages = 256;
    private static readonly TimeSpan s_pollTime = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_leaseTime = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _ending = new();
    private readonly Dictionary<string, ImageClassifier> _models = [];
    private long _heardAt;
    private DeviceLease? _slot;
    private UnitLease? _lease;
    private Task<string>? _work;
    private UnitProgress _progress = new(RobustAccuracy.Clean, [], 0);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _heardAt = time.GetTimestamp();
        this.RegisterGrainTimer(ExpireAsync, new GrainTimerCreationOptions { DueTime = s_leaseTime, Period = s_leaseTime });
        return Task.CompletedTask;
    }

    public Task BeginAsync(UnitLease lease)
    {
        _heardAt = time.GetTimestamp();
        if (_lease != lease || _work is { IsCompleted: true, IsCompletedSuccessfully: false })
        {
            _lease = lease;
            _progress = new UnitProgress(RobustAccuracy.Clean, [], 0);
            _work = RunAsync(_work, lease);
        }

        return Task.CompletedTask;
    }

    public async Task<UnitReport?> PollAsync(string unit)
    {
        _heardAt = time.GetTimestamp();
        if (_lease?.Unit != unit)
        {
            return null;
        }

        await Task.WhenAny(_work!, Task.Delay(s_pollTime, time));
        var progress = Volatile.Read(ref _progress);
        return new UnitReport(progress.Attack, progress.Standing, progress.Share, _work!.IsCompleted ? await _work : null);
    }

    public async Task ReleaseAsync()
    {
        await FreeAsync();
        DeactivateOnIdle();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => FreeAsync();

    /// <summary>Frees the slot when nobody has asked for a while: the run grain's silo died, and its successor needs fewer evaluators.</summary>
    private Task ExpireAsync() => time.GetElapsedTime(_heardAt) > s_leaseTime ? ReleaseAsync() : Task.CompletedTask;

    private async Task FreeAsync()
    {
        await _ending.CancelAsync();
        if (_work is not null)
        {
            await ((Task)_work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        if (_slot is { } slot)
        {
            _slot = null;
            await slot.Worker.RunAsync(() => Keep([]));
            slot.Dispose();
        }
    }

    private async Task<string> RunAsync(Task? before, UnitLease lease)
    {
        // A run grain that was started anew may lease another unit while the old one is still under way.
        await (before ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        using var activity = EvaluationTelemetry.StartUnit(lease.Unit);
        var job = EvaluationJob.Of(JsonSerializer.Deserialize<EvaluationOptions>(lease.OptionsJson, AfaJson.Options)!);
        var unit = JsonSerializer.Deserialize<EvaluationUnit>(lease.UnitJson, AfaJson.Options)!;
        var name = job.Options.Checkpoints[unit.Checkpoint];
        var sources = job.Cascades.SelectMany(cascade => cascade.Stages).Select(stage => stage.Description.SourceCheckpoint).OfType<string>().ToHashSet();
        _slot ??= devices.Lease();
        var worker = _slot.Worker;
        await worker.RunAsync(() => Keep([name, .. sources]));
        foreach (var checkpoint in sources.Append(name).Where(checkpoint => !_models.ContainsKey(checkpoint)))
        {
            await LoadAsync(worker, checkpoint);
        }

        var (outcome, adversarial) = await worker.RunAsync(() =>
        {
            var dataset = datasets.Get(job.Options.Dataset!, DataSplit.Test, job.Options.DataDirectory);
            var reference = dataset.Select([.. Enumerable.Range(0, Math.Min(ReferenceImages, dataset.Count))]);
            var evaluator = new UnitEvaluator(_models[name], job.Dataset, job.Cascades, job.Options, sources.ToDictionary(source => source, source => _models[source]), reference, worker.Device);
            var batch = dataset.Select([.. Enumerable.Range(unit.Start, unit.Count)]);
            return evaluator.Evaluate(unit, batch, job.Epsilons[unit.Epsilon], lease.Examples, progress => Volatile.Write(ref _progress, progress), _ending.Token);
        });
        telemetry.UnitAttacked(outcome, job.Cascades);
        if (adversarial.Length > 0)
        {
            var key = this.GetPrimaryKeyString();
            await blobs.WriteAsync(UnitRecords.AdversarialName(key[..key.LastIndexOf('/')], lease.Unit), MemoryMarshal.AsBytes(adversarial.AsSpan()).ToArray());
        }

        return JsonSerializer.Serialize(outcome, AfaJson.Options);
    }

    private async Task LoadAsync(DeviceWorker worker, string name)
    {
        var checkpoint = await checkpoints.LoadAsync(name);
        await worker.RunAsync(() =>
        {
            var model = ModelRegistry.Create(checkpoint.State.ModelOptions, seed: 0);
            TrainerCheckpoint.LoadModel(model, checkpoint);
            model.to(worker.Device);
            _models[name] = model;
        });
    }

    /// <summary>Frees all models but these.</summary>
    private void Keep(HashSet<string> names)
    {
        foreach (var name in _models.Keys.Except(names).ToList())
        {
            _models[name].Dispose();
            _models.Remove(name);
        }
    }
}
