using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Data;
using Afa.Evaluation.Features;
using Afa.Models;
using Afa.Training;
using Orleans.Placement;
using TorchSharp;

namespace Afa.Grains;

[RandomPlacement]
[SuppressMessage("Design", "CA1001", Justification = "The work frees its slot at its end; deactivation only asks it to end early.")]
internal sealed class FeatureAnalysisGrain(DevicePool devices, CheckpointStore checkpoints, DatasetCache datasets, IBlobStore blobs, TimeProvider time) : Grain, IFeatureAnalysisGrain
{
    private const int MostCentroidImages = 5000;
    private const long MaxSizeInBytes = 64 << 20;
    private static readonly TimeSpan s_pollTime = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _ending = new();
    private Task<string>? _work;
    private double _share;

    public async Task<FeatureAnalysisStatus> AnalyzeAsync(string optionsJson)
    {
        var work = _work ??= RunAsync(JsonSerializer.Deserialize<FeatureAnalysisOptions>(optionsJson, AfaJson.Options)!);
        await Task.WhenAny(work, Task.Delay(s_pollTime, time));
        if (!work.IsCompleted)
        {
            return new FeatureAnalysisStatus(Volatile.Read(ref _share), DocumentJson: null);
        }

        _work = null;   // What was found is in the store, and asking again after a failure tries again.
        return new FeatureAnalysisStatus(1, await work);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _ending.CancelAsync();
        if (_work is not null)
        {
            await ((Task)_work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task<string> RunAsync(FeatureAnalysisOptions options)
    {
        var (job, evaluated) = await FeatureJob.ResolveAsync(options, checkpoints);
        var blob = FeatureJob.BlobName(job, evaluated);
        if (await blobs.ReadAsync(blob, MaxSizeInBytes) is { } stored && FeatureJob.IsWhole(stored))
        {
            return Encoding.UTF8.GetString(stored);
        }

        using var slot = await SlotAsync();   // First of all: many analyses may wait, and none of them is to hold a checkpoint.
        var (images, centroidImages) = await Task.Run(() => Images(job));
        var checkpoint = await checkpoints.LoadAsync(evaluated.Name);
        var clock = Stopwatch.StartNew();
        var space = await slot.Worker.RunAsync(() =>
        {
            using var model = ModelRegistry.Create(checkpoint.State.ModelOptions, seed: 0);
            TrainerCheckpoint.LoadModel(model, checkpoint);
            model.to(slot.Worker.Device);
            return new FeatureAnalyzer(model, job.Options.Norm, job.Epsilons[0], job.Options.Seed, slot.Worker.Device)
                .Analyze(images, centroidImages, job.Dataset, share => Volatile.Write(ref _share, share), _ending.Token);
        });
        var document = JsonSerializer.SerializeToUtf8Bytes(new FeatureDocument
        {
            Analyses =
            [
                new FeatureAnalysis
                {
                    Checkpoint = evaluated.Name,
                    Model = evaluated.Model,
                    Dataset = job.Dataset.Name,
                    Images = images.Count,
                    CentroidImages = centroidImages.Count,
                    Attack = FeatureAnalyzer.Attack,
                    Norm = job.Options.Norm.ToString().ToLowerInvariant(),
                    Epsilon = job.Options.Epsilons[0],
                    Seed = job.Options.Seed,
                    CreatedAt = time.GetUtcNow(),
                    Seconds = clock.Elapsed.TotalSeconds,
                    Space = space,
                },
            ],
        }, AfaJson.Options);
        await blobs.WriteAsync(blob, document);
        return Encoding.UTF8.GetString(document);
    }

    private (ImageBatch Images, ImageBatch CentroidImages) Images(EvaluationJob job)
    {
        var test = datasets.Get(job.Options.Dataset!, DataSplit.Test, job.Options.DataDirectory);
        if (job.Options.Images > test.Count)
        {
            throw new ArgumentException($"Images is {job.Options.Images}, but {job.Dataset.Title} has {test.Count} test images here.");
        }

        var training = datasets.Get(job.Options.Dataset!, DataSplit.Train, job.Options.DataDirectory);
        var drawn = ClassBalancedSubset.Draw(training.Labels.Span, Math.Min(MostCentroidImages, training.Count), seed: 0);   // The same for all checkpoints.
        return (test.Select([.. Enumerable.Range(0, job.Options.Images)]), training.Select(drawn));
    }

    /// <summary>Waits for a slot that nobody else has: this work needs no other to go on, so it does not crowd one.</summary>
    private async Task<DeviceLease> SlotAsync()
    {
        while (true)
        {
            if (devices.TryLease() is { } slot)
            {
                return slot;
            }

            await Task.Delay(s_pollTime, time, _ending.Token);
        }
    }
}
