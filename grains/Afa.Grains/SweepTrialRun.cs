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
    private const int MaxTries = 12;   // With pauses of 1 s, 2 s and so on: 66 s in all.
    private const int MaxResumes = 5;

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
    public Task<TrainingRunStatus?> TrainAsync(Func<bool> isPausing)
    {
        var options = JsonSerializer.Serialize(trial.Training, AfaJson.Options);
        return FollowAsync(
            "run",
            async () =>
            {
                await _run.StartAsync(options);
                await _run.ResumeAsync();
            },
            LookAtTrainingAsync,
            status => (status.State, status.Message),
            isPausing,
            _run.PauseAsync);
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
        var ended = await FollowAsync(
            "evaluation", () => _evaluation.StartAsync(options, slots), LookAtEvaluationAsync, status => (status.State, status.Message), isPausing, pauseAsync: null);
        return ended is null ? null : await ResultAsync(trained, checkpoint);
    }

    /// <summary>Cancels its run and its evaluation, as far as there are any.</summary>
    /// <exception cref="WorkedOnElsewhereException">Another process is at work on one of them.</exception>
    public async Task CancelAsync()
    {
        if (await PatientlyAsync(_run.GetStatusAsync) is not null)
        {
            await PatientlyAsync(_run.CancelAsync);
        }

        if (await PatientlyAsync(_evaluation.GetStatusAsync) is not null)
        {
            await PatientlyAsync(_evaluation.CancelAsync);
        }
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

    /// <summary>Begins a part of the trial and follows it to its end.</summary>
    /// <param name="beginAsync">Starts it or goes on with it.</param>
    /// <param name="pauseAsync">Null for a part that is left alone when the sweep pauses.</param>
    /// <returns>The status in which it was complete; null if the sweep pauses.</returns>
    /// <exception cref="TrialFailedException">It failed, or rests again and again.</exception>
    private async Task<TStatus?> FollowAsync<TStatus>(
        string part, Func<Task> beginAsync, Func<Task<TStatus?>> lookAsync, Func<TStatus, (RunState State, string? Message)> read, Func<bool> isPausing, Func<Task>? pauseAsync)
        where TStatus : class
    {
        var isHere = await TryBeginAsync(beginAsync);
        for (var resumes = 0; ;)
        {
            var status = await lookAsync();
            var (state, message) = status is not null ? read(status)
                : isHere ? throw new TrialFailedException($"Its {part} is no longer in the store; was its folder deleted?")
                : (RunState.Paused, null);   // The other process has not stored it yet.
            if (state == RunState.Completed)
            {
                return status;
            }

            if (state is RunState.Failed or RunState.Canceled)
            {
                throw new TrialFailedException(message ?? $"Its {part} {(state == RunState.Failed ? "failed" : "was canceled")}.");
            }

            if (isPausing())
            {
                // What another process works on, or what cannot be paused, is left alone.
                if (state == RunState.Paused || !isHere || pauseAsync is null)
                {
                    return null;
                }

                await PatientlyAsync(pauseAsync);
            }
            else if (state == RunState.Paused)
            {
                // Whoever paused it, or whichever process ended that had it: the sweep wants it to go on.
                if (resumes == MaxResumes)
                {
                    throw new TrialFailedException(message ?? $"Its {part} was paused again after {resumes} resumes; resume the sweep when it may go on.");
                }

                isHere = await TryBeginAsync(beginAsync);
                resumes += isHere ? 1 : 0;
            }

            await Task.Delay(s_pollTime, time, ending);
        }
    }

    /// <returns>Whether it is at work here; else another process has it, and the trial waits for that one.</returns>
    private async Task<bool> TryBeginAsync(Func<Task> beginAsync)
    {
        try
        {
            await PatientlyAsync(beginAsync);
            return true;
        }
        catch (WorkedOnElsewhereException)
        {
            return false;
        }
    }

    private Task<bool> PatientlyAsync(Func<Task> call) => PatientlyAsync(async () =>
    {
        await call();
        return true;
    });

    /// <summary>Asks again for about a minute, in which a dead silo is noticed and its grains live again on another, or a store comes back.</summary>
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
            catch (Exception exception) when (tries < MaxTries && !ending.IsCancellationRequested && IsPassing(exception))
            {
                await Task.Delay(TimeSpan.FromSeconds(tries), time, ending);
            }
            finally
            {
                RequestContext.Remove(IPlacementDirector.PlacementHintKey);
            }
        }
    }

    private static bool IsPassing(Exception exception) =>
        exception is OrleansException or TimeoutException or OperationCanceledException || StoreFailure.IsPassing(exception);
}

/// <summary>A trial cannot go on by itself; the message says why.</summary>
internal sealed class TrialFailedException(string message) : Exception(message);
