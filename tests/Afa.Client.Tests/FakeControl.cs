using System.Text.Json;
using Afa.Client.Control;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Tests;

/// <summary>A cluster in memory. A running run finishes an epoch, and a running evaluation its work, each time it is asked about.</summary>
internal sealed class FakeControl : IAfaControl, IControlSession
{
    private const int StepsPerEpoch = 10;

    private readonly Dictionary<string, EvaluationOptions> _evaluations = [];

    public IAfaControl Control => this;

    /// <summary>Newest first.</summary>
    public List<TrainingRunStatus> Runs { get; } = [];

    public List<CheckpointSummary> Checkpoints { get; } = [];

    /// <summary>Calls that change something, such as "resume my-run".</summary>
    public List<string> Calls { get; } = [];

    public EvaluationOptions? LastEvaluation { get; private set; }

    /// <summary>Called at each question about a run.</summary>
    public Action<TrainingRunStatus> OnQuestion { get; set; } = _ => { };

    /// <summary>Makes every run fail with this message.</summary>
    public string? TrainingError { get; set; }

    /// <summary>Thrown when data is asked for.</summary>
    public Exception? DataError { get; set; }

    public string? EvaluationError { get; set; }

    public static TrainingRunStatus Run(string run, RunState state, int epoch = 0, TrainingOptions? options = null)
    {
        options ??= new TrainingOptions();
        var epochs = options.Epochs + (options.Method == TrainingMethod.Afa ? options.Head.Epochs : 0);
        return new TrainingRunStatus(
            run, state, JsonSerializer.Serialize(options, AfaJson.Options), "features", epoch, epochs, epoch * StepsPerEpoch, epochs * StepsPerEpoch, 123, TimeSpan.FromSeconds(65),
            TimeSpan.FromSeconds(10 * epoch), [.. Enumerable.Range(1, epoch).Select(Epoch)], epoch == 0 ? null : CheckpointName(run, epoch), 0, DateTimeOffset.UnixEpoch, null, 1.5);
    }

    public static CheckpointSummary Checkpoint(string run, int epoch, bool isFinal = false) =>
        new(CheckpointName(run, epoch), run, "small-cnn", "features", epoch, epoch * StepsPerEpoch, 1 << 20, DateTimeOffset.UnixEpoch, new Dictionary<string, double> { ["loss"] = 0.5 }, isFinal);

    public static string CheckpointName(string run, int epoch) => $"runs/{run}/checkpoints/step-{epoch * StepsPerEpoch:00000000}";

    public Task StartTrainingAsync(string run, string optionsJson, CancellationToken cancellationToken = default)
    {
        Calls.Add($"start {run}");
        Runs.Insert(0, Run(run, RunState.Running, options: JsonSerializer.Deserialize<TrainingOptions>(optionsJson, AfaJson.Options)));
        return Task.CompletedTask;
    }

    public Task ResumeTrainingAsync(string run, CancellationToken cancellationToken = default)
    {
        Calls.Add($"resume {run}");
        Change(run, status => status with { State = RunState.Running });
        return Task.CompletedTask;
    }

    public Task PauseTrainingAsync(string run, CancellationToken cancellationToken = default)
    {
        Calls.Add($"pause {run}");
        Change(run, status => status with { State = RunState.Paused });
        return Task.CompletedTask;
    }

    public Task<TrainingRunStatus?> GetTrainingAsync(string run, CancellationToken cancellationToken = default)
    {
        var status = Runs.Find(status => status.Run == run);
        if (status?.State == RunState.Running)
        {
            OnQuestion(status);
            Change(run, Advance);
        }

        return Task.FromResult(status);
    }

    public Task<IReadOnlyList<TrainingRunStatus>> ListTrainingsAsync(CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<TrainingRunStatus>>(Runs);

    public Task StartEvaluationAsync(string evaluation, string optionsJson, CancellationToken cancellationToken = default)
    {
        LastEvaluation = JsonSerializer.Deserialize<EvaluationOptions>(optionsJson, AfaJson.Options);
        _evaluations.Add(evaluation, LastEvaluation!);
        return Task.CompletedTask;
    }

    public Task<EvaluationStatus?> GetEvaluationAsync(string evaluation, CancellationToken cancellationToken = default)
    {
        var options = _evaluations[evaluation];
        var state = EvaluationError is null ? RunState.Completed : RunState.Failed;
        return Task.FromResult<EvaluationStatus?>(new EvaluationStatus(
            evaluation, state, options.Images, options.Images, [new("clean", 8, 10)], 50, null, JsonSerializer.Serialize(Result(options), AfaJson.Options), EvaluationError));
    }

    public Task<IReadOnlyList<CheckpointSummary>> ListCheckpointsAsync(string? run, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<CheckpointSummary>>([.. Checkpoints.Where(checkpoint => run is null || checkpoint.Run == run)]);

    public Task DeleteCheckpointAsync(string name, CancellationToken cancellationToken = default)
    {
        Calls.Add($"delete {name}");
        return Task.CompletedTask;
    }

    public void RequireData(string dataset, string? dataDirectory)
    {
        if (DataError is not null)
        {
            throw DataError;
        }
    }

    public ValueTask DisposeAsync() => default;

    private static EvaluationResult Result(EvaluationOptions options) => new()
    {
        Checkpoint = options.Checkpoint,
        Model = "small-cnn",
        Dataset = options.Dataset ?? "fashion-mnist",
        Split = "test",
        Norm = "linf",
        Epsilon = options.Epsilon ?? "0.1",
        Images = options.Images,
        Seed = options.Seed,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Seconds = 2,
        Environment = "a test",
        Attacks = [.. options.Attacks.Prepend("clean").Append("worst-case").Select(attack => new AttackResult(attack, 8, 10, 0.49, 0.943, 1, [new("Coat", 3, 5), new("Bag", 5, 5)]))],
    };

    private static EpochMetrics Epoch(int epoch) => new("features", epoch, 2.0 / epoch, null, null, 0.7, 0.1, 9, new Dictionary<string, double> { ["attack"] = 5 });

    private TrainingRunStatus Advance(TrainingRunStatus status)
    {
        if (TrainingError is not null)
        {
            return status with { State = RunState.Failed, Message = TrainingError };
        }

        var next = status.Epoch + 1;
        return Run(status.Run, next == status.Epochs ? RunState.Completed : status.State, next, JsonSerializer.Deserialize<TrainingOptions>(status.OptionsJson, AfaJson.Options));
    }

    private void Change(string run, Func<TrainingRunStatus, TrainingRunStatus> change)
    {
        var index = Runs.FindIndex(status => status.Run == run);
        Runs[index] = change(Runs[index]);
    }
}
