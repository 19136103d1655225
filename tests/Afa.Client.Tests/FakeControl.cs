using System.Text.Json;
using Afa.Client.Control;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Tests;

/// <summary>A cluster in memory. A running run finishes an epoch, and a running evaluation half of its work, each time it is asked about.</summary>
internal sealed class FakeControl : IAfaControl, IControlSession
{
    private const int StepsPerEpoch = 10;

    public IAfaControl Control => this;

    /// <summary>Newest first.</summary>
    public List<TrainingRunStatus> Runs { get; } = [];

    /// <summary>Newest first.</summary>
    public List<EvaluationStatus> Evaluations { get; } = [];

    public List<CheckpointSummary> Checkpoints { get; } = [];

    /// <summary>Calls that change something, such as "resume my-run".</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Options of the newest evaluation.</summary>
    public EvaluationOptions? LastEvaluation => Evaluations.Count == 0 ? null : Options(Evaluations[0]);

    /// <summary>Called at each question about a run.</summary>
    public Action<TrainingRunStatus> OnQuestion { get; set; } = _ => { };

    /// <summary>Called at each question about an evaluation.</summary>
    public Action<EvaluationStatus> OnEvaluationQuestion { get; set; } = _ => { };

    /// <summary>Evaluations whose result is lost.</summary>
    public HashSet<string> LostResults { get; } = [];

    /// <summary>Changes each result before it is returned.</summary>
    public Func<EvaluationResult, EvaluationResult> Adjust { get; set; } = result => result;

    /// <summary>Makes every run fail with this message.</summary>
    public string? TrainingError { get; set; }

    /// <summary>Thrown when data is asked for.</summary>
    public Exception? DataError { get; set; }

    public string? EvaluationError { get; set; }

    public static TrainingRunStatus Run(string run, RunState state, int epoch = 0, TrainingOptions? options = null)
    {
        options ??= new TrainingOptions();
        var epochs = options.TotalEpochs();
        return new TrainingRunStatus(
            run, state, JsonSerializer.Serialize(options, AfaJson.Options), "features", epoch, epochs, epoch * StepsPerEpoch, epochs * StepsPerEpoch, 123, TimeSpan.FromSeconds(65),
            TimeSpan.FromSeconds(10 * epoch), [.. Enumerable.Range(1, epoch).Select(Epoch)], epoch == 0 ? null : CheckpointName(run, epoch), 0, DateTimeOffset.UnixEpoch, null, 1.5);
    }

    /// <summary>An evaluation at some point of its way.</summary>
    /// <param name="halves">How many halves of the work are done.</param>
    public static EvaluationStatus Evaluation(string evaluation, RunState state, int halves, EvaluationOptions? options = null)
    {
        options ??= new EvaluationOptions { Checkpoints = [CheckpointName("mine", 8)], Epsilons = ["0.1"] };
        var images = options.Images * options.Checkpoints.Count * Math.Max(1, options.Epsilons.Count);
        return new EvaluationStatus(
            evaluation, state, JsonSerializer.Serialize(options, AfaJson.Options), DateTimeOffset.UnixEpoch, images * halves / 2, images,
            [.. options.Attacks.Prepend("clean").Select(attack => new AttackStanding(attack, 8 * halves, 10 * halves))],
            state == RunState.Running ? [.. options.Checkpoints.Select(checkpoint => $"{checkpoint}: {(options.Attacks is [.., var last] ? last : "clean")}")] : [], halves / 2.0, 12.3, TimeSpan.FromSeconds(65),
            TimeSpan.FromSeconds(10 * halves), null);
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
        if (Evaluations.TrueForAll(status => status.Evaluation != evaluation))
        {
            Evaluations.Insert(0, Evaluation(evaluation, RunState.Running, 0, JsonSerializer.Deserialize<EvaluationOptions>(optionsJson, AfaJson.Options)));
        }

        return Task.CompletedTask;
    }

    public Task ResumeEvaluationAsync(string evaluation, CancellationToken cancellationToken = default)
    {
        Calls.Add($"resume evaluation {evaluation}");
        ChangeEvaluation(evaluation, status => status with { State = RunState.Running });
        return Task.CompletedTask;
    }

    public Task<EvaluationStatus?> GetEvaluationAsync(string evaluation, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var status = Evaluations.Find(status => status.Evaluation == evaluation);
        if (status?.State == RunState.Running)
        {
            OnEvaluationQuestion(status);
            ChangeEvaluation(evaluation, Advance);
        }

        return Task.FromResult(status);
    }

    public Task<IReadOnlyList<EvaluationStatus>> ListEvaluationsAsync(CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<EvaluationStatus>>(Evaluations);

    public Task<string?> GetEvaluationResultAsync(string evaluation, CancellationToken cancellationToken = default)
    {
        var status = Evaluations.Find(status => status.Evaluation == evaluation);
        return Task.FromResult(status?.State == RunState.Completed && !LostResults.Contains(evaluation) ? JsonSerializer.Serialize(Document(status), AfaJson.Options) : null);
    }

    public List<CheckpointImport> Imports { get; } = [];

    public Task<string> ImportCheckpointAsync(CheckpointImport import, CancellationToken cancellationToken = default)
    {
        Imports.Add(import);
        return Task.FromResult($"runs/{import.Run}/checkpoints/imported");
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

    private static EvaluationOptions Options(EvaluationStatus status) => JsonSerializer.Deserialize<EvaluationOptions>(status.OptionsJson, AfaJson.Options)!;

    private static IEnumerable<string> Epsilons(EvaluationOptions options) => options.Epsilons.DefaultIfEmpty("0.1");

    private EvaluationDocument Document(EvaluationStatus status)
    {
        var options = Options(status);
        return new()
        {
            Evaluation = status.Evaluation,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Seconds = 2,
            Results = [.. from checkpoint in options.Checkpoints from epsilon in Epsilons(options) select Adjust(Result(options, checkpoint, epsilon))],
        };
    }

    private static EvaluationResult Result(EvaluationOptions options, string checkpoint, string epsilon) => new()
    {
        Checkpoint = checkpoint,
        Model = "small-cnn",
        Dataset = options.Dataset ?? "fashion-mnist",
        Split = "test",
        Norm = options.Norm.ToString().ToLowerInvariant(),
        Epsilon = epsilon,
        Images = options.Images,
        Seed = options.Seed,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Seconds = 2,
        Environment = "a test",
        Attacks = [.. options.Attacks.Prepend("clean").Append("worst-case").Select(attack => new AttackResult(attack, 8, 10, 0.49, 0.943, 1, [new("Coat", 3, 5), new("Bag", 5, 5)])
        {
            Stages = attack == "autoattack" ? [new("apgd-ce", 9, 0.25), new("apgd-t", 8, 0.75)] : [],
        })],
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

    private EvaluationStatus Advance(EvaluationStatus status)
    {
        if (EvaluationError is not null)
        {
            return status with { State = RunState.Failed, Message = EvaluationError };
        }

        var isLast = status.Share >= 0.5;
        return Evaluation(status.Evaluation, isLast ? RunState.Completed : RunState.Running, isLast ? 2 : 1, Options(status));
    }

    private void ChangeEvaluation(string evaluation, Func<EvaluationStatus, EvaluationStatus> change)
    {
        var index = Evaluations.FindIndex(status => status.Evaluation == evaluation);
        Evaluations[index] = change(Evaluations[index]);
    }

    private void Change(string run, Func<TrainingRunStatus, TrainingRunStatus> change)
    {
        var index = Runs.FindIndex(status => status.Run == run);
        Runs[index] = change(Runs[index]);
    }
}
