using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Data;
using Afa.Evaluation;
using Afa.Training;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;

namespace Afa.Grains;

/// <summary>Cuts the test images into slices, hands them to one evaluator for each device slot, and stores each slice's record before it counts it.</summary>
[KeepAlive]
internal sealed class EvaluationRunGrain(
    [PersistentState("evaluation-run", StorageNames.Store)] IPersistentState<EvaluationRunState> state,
    IBlobStore blobs,
    CheckpointStore checkpoints,
    DatasetCache datasets,
    DevicePool devices,
    TimeProvider time,
    ILogger<EvaluationRunGrain> logger) : Grain, IEvaluationRunGrain
{
    private const int ExampleCount = 10;
    private const int MaxTries = 6;

    private readonly SortedDictionary<int, SliceOutcome> _slices = [];
    private readonly Stopwatch _clock = new();
    private Task? _loop;
    private int _images;
    private int _resumedImages;

    private string Evaluation => this.GetPrimaryKeyString();

    public async Task StartAsync(string optionsJson)
    {
        var options = JsonSerializer.Deserialize<EvaluationOptions>(optionsJson, AfaJson.Options)!;
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        var normalized = JsonSerializer.Serialize(options, AfaJson.Options);
        if (state.State.OptionsJson is { } known && known != normalized)
        {
            throw new InvalidOperationException($"The evaluation '{Evaluation}' exists with other options. Choose another name.");
        }

        if (_loop is { } ending && state.State.State != RunState.Running)
        {
            // It has said how it ended, but still frees the evaluators.
            await ending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        if (_loop is { IsCompleted: false } || state.State.State == RunState.Completed)
        {
            return;
        }

        state.State.OptionsJson = normalized;
        state.State.State = RunState.Running;
        state.State.Message = null;
        await state.WriteStateAsync();
        _loop = RunAsync(options);
    }

    public Task<EvaluationStatus?> GetStatusAsync()
    {
        if (state.State.OptionsJson is null)
        {
            return Task.FromResult<EvaluationStatus?>(null);
        }

        var options = JsonSerializer.Deserialize<EvaluationOptions>(state.State.OptionsJson, AfaJson.Options)!;
        var images = _images > 0 ? _images : options.Images;
        var done = state.State.State == RunState.Completed ? images : _slices.Values.Sum(slice => slice.Labels.Count);
        var rate = _clock.IsRunning && done > _resumedImages ? (done - _resumedImages) / _clock.Elapsed.TotalSeconds : 0;
        var isInterrupted = state.State.State == RunState.Running && _loop is null or { IsCompleted: true };
        return Task.FromResult<EvaluationStatus?>(new EvaluationStatus(
            Evaluation, isInterrupted ? RunState.Paused : state.State.State, done, images,
            [.. options.Attacks.Prepend(SliceEvaluator.Clean).Select(attack => new AttackStanding(
                attack, _slices.Values.Sum(slice => slice.Correct[attack].Count(correct => correct)), _slices.Values.Sum(slice => slice.Labels.Count)))],
            rate, rate > 0 ? TimeSpan.FromSeconds((images - done) / rate) : null, state.State.ResultJson,
            isInterrupted ? "Its process ended before the evaluation did; start it again to go on." : state.State.Message));
    }

    private async Task RunAsync(EvaluationOptions options)
    {
        await Task.Yield();   // The call that started the evaluation gets its answer first.
        _clock.Restart();
        _slices.Clear();
        var evaluators = new List<IAttackEvaluatorGrain>();
        try
        {
            var checkpoint = await checkpoints.LoadStateAsync(options.Checkpoint);
            var context = EvaluationContext.Create(options, checkpoint);
            var dataset = await Task.Run(() => datasets.Get(context.Dataset.Name, DataSplit.Test, options.DataDirectory));
            if (options.Images > dataset.Count)
            {
                throw new ArgumentException($"Images is {options.Images}, but {context.Dataset.Title} has {dataset.Count} test images here.");
            }

            _images = options.Images;
            var silos = (await GrainFactory.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Keys.Order().ToList();
            var slots = silos.Count * devices.Slots;
            var work = new Queue<(int Start, int Count)>();
            foreach (var slice in Slices(options, slots))
            {
                if (await LoadSliceAsync(slice.Start, slice.Count, options.Attacks.Prepend(SliceEvaluator.Clean)) is { } stored)
                {
                    _slices[slice.Start] = stored;
                }
                else
                {
                    work.Enqueue(slice);
                }
            }

            _resumedImages = _slices.Values.Sum(slice => slice.Labels.Count);
            for (var slot = 0; slot < Math.Min(slots, work.Count); slot++)
            {
                evaluators.Add(GrainFactory.GetGrain<IAttackEvaluatorGrain>($"{Evaluation}/{slot}"));
            }

            await Task.WhenAll(evaluators.Select((evaluator, slot) => WorkAsync(evaluator, silos[slot % silos.Count], work)));
            var evaluated = _slices.Values.Sum(slice => slice.Labels.Count);
            if (evaluated != _images)
            {
                throw new InvalidOperationException($"The slices hold {evaluated} images, not {_images}. Start the evaluation under another name.");
            }

            await CompleteAsync(context, checkpoint);
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "Evaluation {Evaluation} failed.", Evaluation);
            state.State.State = RunState.Failed;
            state.State.Message = exception.Message;
            await state.WriteStateAsync();
        }
        finally
        {
            await Task.WhenAll(evaluators.Select(evaluator => evaluator.ReleaseAsync())).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Current);
            _clock.Stop();
        }
    }

    /// <summary>At least four slices for each slot, so that the last one does not keep the rest waiting.</summary>
    private static IEnumerable<(int Start, int Count)> Slices(EvaluationOptions options, int slots)
    {
        var size = Math.Min(options.BatchSize, Math.Max(32, options.Images / (4 * slots)));
        for (var start = 0; start < options.Images; start += size)
        {
            yield return (start, Math.Min(size, options.Images - start));
        }
    }

    private async Task WorkAsync(IAttackEvaluatorGrain evaluator, SiloAddress silo, Queue<(int Start, int Count)> work)
    {
        while (work.TryDequeue(out var slice))
        {
            var json = await EvaluateAsync(evaluator, silo, new EvaluationSlice(state.State.OptionsJson!, slice.Start, slice.Count, slice.Start == 0 ? ExampleCount : 0));
            await blobs.WriteAsync(SliceName(slice.Start, slice.Count), System.Text.Encoding.UTF8.GetBytes(json));
            _slices[slice.Start] = JsonSerializer.Deserialize<SliceOutcome>(json, AfaJson.Options)!;
        }
    }

    /// <summary>A slice is a pure function of its options, so one whose silo died is simply run again.</summary>
    private async Task<string> EvaluateAsync(IAttackEvaluatorGrain evaluator, SiloAddress silo, EvaluationSlice slice)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
                return await evaluator.EvaluateAsync(slice);
            }
            catch (OrleansException exception) when (tries < MaxTries)
            {
                logger.LogWarning("Slice {Start} of {Evaluation} is run again: {Reason}", slice.Start, Evaluation, exception.Message);
                await Task.Delay(TimeSpan.FromSeconds(tries), time);   // A dead silo takes a while to be noticed.
            }
            finally
            {
                RequestContext.Remove(IPlacementDirector.PlacementHintKey);
            }
        }
    }

    private async Task CompleteAsync(EvaluationContext context, CheckpointState checkpoint)
    {
        state.State.Elapsed += _clock.Elapsed;
        var result = new EvaluationResult
        {
            Checkpoint = context.Options.Checkpoint,
            Model = checkpoint.ModelOptions.Name,
            Dataset = context.Dataset.Name,
            Split = "test",
            Norm = context.Options.Norm.ToString().ToLowerInvariant(),
            Epsilon = context.EpsilonText,
            Images = context.Options.Images,
            Seed = context.Options.Seed,
            CreatedAt = time.GetUtcNow(),
            Seconds = state.State.Elapsed.TotalSeconds,
            Attacks = RobustAccuracy.Pool(_slices.Values, context.Options.Attacks, context.Dataset),
            Examples = [.. _slices.Values.SelectMany(slice => slice.Examples)],
            Environment = $"libtorch {TorchSharp.torch.__version__}, {devices.Slots} device slots, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, .NET {Environment.Version}",
        };
        state.State.ResultJson = JsonSerializer.Serialize(result, AfaJson.Options);
        state.State.State = RunState.Completed;
        await blobs.WriteAsync($"evaluations/{Evaluation}/result.json", System.Text.Encoding.UTF8.GetBytes(state.State.ResultJson));
        await state.WriteStateAsync();
    }

    private string SliceName(int start, int count) => $"evaluations/{Evaluation}/slice-{start:D6}-{count}.json";

    private async Task<SliceOutcome?> LoadSliceAsync(int start, int count, IEnumerable<string> attacks)
    {
        const long maxSizeInBytes = 256 << 20;
        if (await blobs.ReadAsync(SliceName(start, count), maxSizeInBytes) is not { } stored)
        {
            return null;
        }

        try
        {
            var slice = JsonSerializer.Deserialize<SliceOutcome>(stored, AfaJson.Options)!;
            return slice.Start == start && slice.Labels.Count == count && slice.Correct.Values.All(flags => flags.Count == count) && attacks.All(slice.Correct.ContainsKey)
                ? slice
                : throw new JsonException("it holds other images or attacks than its name says");
        }
        catch (JsonException exception)
        {
            logger.LogWarning("{Slice} is damaged and is run again: {Reason}", SliceName(start, count), exception.Message);
            return null;
        }
    }
}
