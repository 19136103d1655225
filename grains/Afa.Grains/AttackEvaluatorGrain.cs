using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Afa.Attacks;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Data;
using Afa.Evaluation;
using Afa.Models;
using Afa.Training;
using Orleans.Placement;
using TorchSharp;

namespace Afa.Grains;

[RandomPlacement, KeepAlive]
[SuppressMessage("Design", "CA1001", Justification = "ReleaseAsync frees the model, on the thread that its tensors live on.")]
internal sealed class AttackEvaluatorGrain(DevicePool devices, CheckpointStore checkpoints, DatasetCache datasets) : Grain, IAttackEvaluatorGrain
{
    private DeviceLease? _lease;
    private ImageClassifier? _model;
    private string? _optionsJson;
    private EvaluationContext? _context;

    public async Task<string> EvaluateAsync(EvaluationSlice slice)
    {
        await LoadAsync(slice.OptionsJson);
        var (context, model, worker) = (_context!, _model!, _lease!.Worker);
        var outcome = await worker.RunAsync(() =>
        {
            var dataset = datasets.Get(context.Dataset.Name, DataSplit.Test, context.Options.DataDirectory);
            var batch = dataset.Select([.. Enumerable.Range(slice.Start, slice.Count)]);
            var evaluator = new SliceEvaluator(model, context.Dataset, context.Options.Norm, context.Epsilon, context.Options.Seed);
            return evaluator.Evaluate(slice.Start, batch, [.. context.Options.Attacks.Select(AttackRegistry.Get)], slice.Examples, worker.Device);
        });
        return JsonSerializer.Serialize(outcome, AfaJson.Options);
    }

    public async Task ReleaseAsync()
    {
        if (_lease is { } lease)
        {
            _lease = null;
            _optionsJson = null;
            await lease.Worker.RunAsync(() => _model?.Dispose());
            _model = null;
            lease.Dispose();
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => ReleaseAsync();

    private async Task LoadAsync(string optionsJson)
    {
        if (_optionsJson == optionsJson)
        {
            return;
        }

        var options = JsonSerializer.Deserialize<EvaluationOptions>(optionsJson, AfaJson.Options)!;
        var checkpoint = await checkpoints.LoadAsync(options.Checkpoint);
        _context = EvaluationContext.Create(options, checkpoint.State);
        _lease ??= devices.Lease();
        await _lease.Worker.RunAsync(() =>
        {
            _model?.Dispose();
            _model = ModelRegistry.Create(checkpoint.State.ModelOptions, seed: 0);
            TrainerCheckpoint.LoadModel(_model, checkpoint);
            _model.to(_lease.Worker.Device);
        });
        _optionsJson = optionsJson;
    }
}
