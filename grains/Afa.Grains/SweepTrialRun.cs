using System.Text.Json;
using Afa.Evaluation;
using Afa.Sweeps;
using Afa.Training;
using Orleans.Runtime.Placement;

namespace Afa.Grains;

/// <summary>Takes one trial of a sweep through its training run and its evaluation, both as a user could start them.</summary>
/// <param name="silo">Where its grains go if they do not live yet, and with them its first trainer and evaluator.</param>
/// <param name="ending">The sweep's grain goes away: what is under way is left as it is.</param>
internal sealed class SweepTrialRun(IGrainFactory grains, string sweep, SweepTrial trial, SiloAddress? silo, TimeProvider time, CancellationToken ending)
{
    private const int MaxTries = 6;

    private static readonly TimeSpan s_pollTime = TimeSpan.FromMilliseconds(250);

    private readonly ITrainingRunGrain _run = grains.GetGrain<ITrainingRunGrain>(trial.Run(sweep));
    private readonly IEvaluationRunGrain _evaluation = grains.GetGrain<IEvaluationRunGrain>(trial.EvaluationName(sweep));

    /// <summary>Such as "training, epoch 2/5".</summary>
    public string Doing { get; private set; } = "";

    /// <summary>Of what it is doing, in [0, 1].</summary>
    public double Share { get; private set; }

    /// <summary>Trains, or goes on from the last checkpoint, to the end.</summary>
    /// <param name="isPausing">Whether the run is to be paused.</param>
    /// <returns>Null if the run was paused.</returns>
    /// <exception cref="TrialFailedException">The run failed.</exception>
    public async Task<TrainingRunStatus?> TrainAsync(Func<bool> isPausing)
    {
        var options = JsonSerializer.Serialize(trial.Training, AfaJson.Options);
        await PatientlyAsync(async () =>
        {
            await _run.StartAsync(options);
            await _run.ResumeAsync();
            return true;
        });
        while (true)
        {
            var status = await LookAtTrainingAsync() ?? throw new TrialFailedException("Its run is no longer in the store; was its folder deleted?");
            switch (status.State)
            {
                case RunState.Completed:
                    return status;
                case RunState.Failed:
                    throw new TrialFailedException(status.Message ?? "Its run failed.");
                case RunState.Paused:
                    return null;
            }

            if (isPausing())
            {
                await PatientlyAsync(async () =>
                {
                    await _run.PauseAsync();
                    return true;
                });
            }

            await Task.Delay(s_pollTime, time, ending);
        }
    }

    /// <summary>Evaluates the trained model, or goes on with that.</summary>
    /// <param name="slots">Device slots that the evaluation may use.</param>
    /// <param name="isPausing">Whether to leave the evaluation alone: what it has finished is stored, and it may go on by itself.</param>
    /// <returns>Null if it is not finished.</returns>
    /// <exception cref="TrialFailedException">The evaluation failed.</exception>
    public async Task<SweepTrialResult?> EvaluateAsync(TrainingRunStatus trained, int slots, Func<bool> isPausing)
    {
        var checkpoint = await CheckpointOfAsync(trained);
        var options = JsonSerializer.Serialize(trial.Evaluation with { Checkpoints = [checkpoint] }, AfaJson.Options);
        await PatientlyAsync(async () =>
        {
            await _evaluation.StartAsync(options, slots);
            return true;
        });
        while (!isPausing())
        {
            var status = await LookAtEvaluationAsync() ?? throw new TrialFailedException("Its evaluation is no longer in the store; was its folder deleted?");
            switch (status.State)
            {
                case RunState.Completed:
                    return await ResultAsync(trained, checkpoint);
                case RunState.Failed:
                    throw new TrialFailedException(status.Message ?? "Its evaluation failed.");
                case RunState.Paused:
                    return null;
            }

            await Task.Delay(s_pollTime, time, ending);
        }

        return null;
    }

    /// <summary>Asks how far the training is.</summary>
    public async Task<TrainingRunStatus?> LookAtTrainingAsync()
    {
        var status = await PatientlyAsync(_run.GetStatusAsync);
        if (status is { Epochs: > 0, Steps: > 0 })
        {
            (Doing, Share) = ($"training, epoch {Math.Min(status.Epoch + 1, status.Epochs)}/{status.Epochs}", (double)status.Step / status.Steps);
        }

        return status;
    }

    /// <summary>Asks how far the evaluation is.</summary>
    public async Task<EvaluationStatus?> LookAtEvaluationAsync()
    {
        var status = await PatientlyAsync(_evaluation.GetStatusAsync);
        (Doing, Share) = (status is { Working: [var first, ..] } ? first.Split(": ", 2)[^1] : "evaluating", status?.Share ?? 0);
        return status;
    }

    /// <summary>What 'afa train' would evaluate.</summary>
    private async Task<string> CheckpointOfAsync(TrainingRunStatus trained)
    {
        var stored = await PatientlyAsync(() => grains.GetGrain<ICatalogGrain>(0).ListCheckpointsAsync(trained.Run));
        return stored.FirstOrDefault(checkpoint => checkpoint.IsBest)?.Name ?? trained.Checkpoint ?? throw new TrialFailedException("Its run is complete but has no checkpoint.");
    }

    private async Task<SweepTrialResult> ResultAsync(TrainingRunStatus trained, string checkpoint)
    {
        var json = await PatientlyAsync(() => grains.GetGrain<ICatalogGrain>(0).ReadResultAsync(trial.EvaluationName(sweep)))
            ?? throw new TrialFailedException("Its evaluation is complete but the result is missing; was it deleted?");
        var document = JsonSerializer.Deserialize<EvaluationDocument>(json, AfaJson.Options)!;
        var seconds = trained.History.Sum(epoch => epoch.Seconds);
        return new SweepTrialResult
        {
            Checkpoint = checkpoint,
            TrainingSeconds = trained.Elapsed.TotalSeconds,
            ImagesPerSecond = seconds > 0 ? trained.Step * trial.Training.BatchSize / seconds : 0,
            EvaluationSeconds = document.Results.Sum(result => result.Seconds),
            Accuracies = [.. document.Results.SelectMany(SweepAccuracy.Of)],
            Warnings = [.. document.Results.SelectMany(result => result.Warnings).Distinct()],
        };
    }

    /// <summary>Asks again where a grain's silo died: it lives again on another.</summary>
    private async Task<T> PatientlyAsync<T>(Func<Task<T>> call)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                if (silo is not null)
                {
                    RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
                }

                return await call();
            }
            catch (Exception exception) when (tries < MaxTries && !ending.IsCancellationRequested && exception is OrleansException or TimeoutException or OperationCanceledException)
            {
                await Task.Delay(TimeSpan.FromSeconds(tries), time, ending);
            }
            finally
            {
                RequestContext.Remove(IPlacementDirector.PlacementHintKey);
            }
        }
    }
}

/// <summary>A trial cannot go on by itself; the message says why.</summary>
internal sealed class TrialFailedException(string message) : Exception(message);
