using System.Text.Json;
using Afa.Client.Control;
using Afa.Client.Reports;
using Afa.Client.Tests.Reports;
using Afa.Evaluation;
using Afa.Evaluation.Features;
using Afa.Federation;
using Afa.Grains;
using Afa.Sweeps;
using Afa.Training;

namespace Afa.Client.Tests;

/// <summary>A cluster in memory. A running run finishes an epoch, and a running evaluation half of its work, each time it is asked about.</summary>
internal sealed class FakeControl : IAfaControl, IControlSession
{
    private const int StepsPerEpoch = 10;

    private int _featureAnalysesAtWork;

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

    /// <summary>A checkpoint whose epoch was validated.</summary>
    public static CheckpointSummary Validated(string run, int epoch, double robustAccuracy, bool isBest = false) =>
        Checkpoint(run, epoch) with { IsBest = isBest, Metrics = new Dictionary<string, double> { [ModelSelection.RobustAccuracyMetric] = robustAccuracy } };

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

    public Task CancelTrainingAsync(string run, CancellationToken cancellationToken = default)
    {
        Calls.Add($"cancel {run}");
        Change(run, status => status with { State = RunState.Canceled });
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

    public Task CancelEvaluationAsync(string evaluation, CancellationToken cancellationToken = default)
    {
        Calls.Add($"cancel evaluation {evaluation}");
        ChangeEvaluation(evaluation, status => status with { State = RunState.Canceled });
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

    /// <summary>Newest first. Of a running sweep, the next trial ends each time it is asked about.</summary>
    public List<SweepStatus> Sweeps { get; } = [];

    /// <summary>Called at each question about a sweep.</summary>
    public Action<SweepStatus> OnSweepQuestion { get; set; } = _ => { };

    /// <summary>Why the trials of these names fail.</summary>
    public Dictionary<string, string> TrialErrors { get; } = [];

    /// <summary>A sweep at some point of its way.</summary>
    /// <param name="ended">How many trials have ended, from the first on.</param>
    public static SweepStatus Sweep(string sweep, RunState state, SweepPlan plan, int ended) => new(
        sweep, state, JsonSerializer.Serialize(plan, AfaJson.Options), DateTimeOffset.UnixEpoch,
        [.. plan.Trials.Select((trial, i) => i < ended
            ? new SweepTrialStatus(trial.Name, trial.Run(sweep), SweepTrialState.Completed, "", 1, null)
            : i == ended && state == RunState.Running
                ? new SweepTrialStatus(trial.Name, trial.Run(sweep), SweepTrialState.Training, "training, epoch 1/5", 0.5, null)
                : new SweepTrialStatus(trial.Name, trial.Run(sweep), SweepTrialState.Waiting, "", 0, null))],
        (double)ended / plan.Trials.Count, TimeSpan.FromSeconds(65), TimeSpan.FromSeconds(10 * ended), null);

    public static SweepPlan Plan(SweepStatus status) => JsonSerializer.Deserialize<SweepPlan>(status.PlanJson, AfaJson.Options)!;

    public Task StartSweepAsync(string sweep, string planJson, CancellationToken cancellationToken = default)
    {
        Calls.Add($"start sweep {sweep}");
        Sweeps.Insert(0, Sweep(sweep, RunState.Running, JsonSerializer.Deserialize<SweepPlan>(planJson, AfaJson.Options)!, 0));
        return Task.CompletedTask;
    }

    public Task ResumeSweepAsync(string sweep, CancellationToken cancellationToken = default)
    {
        Calls.Add($"resume sweep {sweep}");
        ChangeSweep(sweep, status => Sweep(sweep, RunState.Running, Plan(status), status.Trials.Count(trial => trial.State == SweepTrialState.Completed)));
        return Task.CompletedTask;
    }

    public Task PauseSweepAsync(string sweep, CancellationToken cancellationToken = default)
    {
        Calls.Add($"pause sweep {sweep}");
        ChangeSweep(sweep, status => status with { State = RunState.Paused });
        return Task.CompletedTask;
    }

    public Task CancelSweepAsync(string sweep, CancellationToken cancellationToken = default)
    {
        Calls.Add($"cancel sweep {sweep}");
        ChangeSweep(sweep, status => status with { State = RunState.Canceled });
        return Task.CompletedTask;
    }

    public Task<SweepStatus?> GetSweepAsync(string sweep, CancellationToken cancellationToken = default)
    {
        var status = Sweeps.Find(status => status.Sweep == sweep);
        if (status?.State == RunState.Running)
        {
            OnSweepQuestion(status);
            ChangeSweep(sweep, Advance);
        }

        return Task.FromResult(status);
    }

    public Task<IReadOnlyList<SweepStatus>> ListSweepsAsync(CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<SweepStatus>>(Sweeps);

    public Task<string?> GetSweepResultAsync(string sweep, CancellationToken cancellationToken = default) =>
        Task.FromResult(Sweeps.Find(status => status.Sweep == sweep) is { } status ? JsonSerializer.Serialize(Document(status), AfaJson.Options) : null);

    /// <summary>Trial t is right on 90 − t of 100 images without an attack, and on 80 − 10 t, if that is more than 0, under any.</summary>
    private static SweepDocument Document(SweepStatus status)
    {
        var plan = Plan(status);
        var trials = plan.Trials.Zip(status.Trials).Select((pair, t) => new SweepTrialReport(
            pair.First.Name, pair.First.Point, pair.First.Training.Seed, pair.Second.Run, pair.First.EvaluationName(status.Sweep), pair.Second.Message,
            pair.Second.State != SweepTrialState.Completed ? null : new SweepTrialResult
            {
                Checkpoint = CheckpointName(pair.Second.Run, 1),
                TrainingSeconds = 60,
                ImagesPerSecond = 100,
                EvaluationSeconds = 2,
                Accuracies = [.. pair.First.Evaluation.Attacks.Prepend("clean").Append("worst-case").Select(attack =>
                    new SweepAccuracy("fashion-mnist", "linf", "0.1", attack, Attacks.AttackKind.Bounded, attack == "clean" ? 90 - t : Math.Max(0, 80 - 10 * t), 100))],
            })).ToList();
        return new SweepDocument
        {
            Sweep = status.Sweep,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Seconds = 100,
            Varied = plan.Varied,
            Groups = SweepSummary.Groups(plan.Points, trials),
            Trials = trials,
        };
    }

    private SweepStatus Advance(SweepStatus status)
    {
        var index = status.Trials.ToList().FindIndex(trial => trial.State == SweepTrialState.Training);
        var trials = status.Trials.ToList();
        trials[index] = TrialErrors.TryGetValue(trials[index].Trial, out var error)
            ? trials[index] with { State = SweepTrialState.Failed, Message = error }
            : trials[index] with { State = SweepTrialState.Completed };
        if (index + 1 < trials.Count)
        {
            trials[index + 1] = trials[index + 1] with { State = SweepTrialState.Training, Doing = "training, epoch 1/5", Share = 0.5 };
        }

        var failed = trials.Count(trial => trial.State == SweepTrialState.Failed);
        return status with
        {
            State = index + 1 == trials.Count ? RunState.Completed : RunState.Running,
            Trials = trials,
            Message = failed == 0 ? null : $"{failed} of {trials.Count} trials failed; resume the sweep to try them again.",
        };
    }

    private void ChangeSweep(string sweep, Func<SweepStatus, SweepStatus> change)
    {
        var index = Sweeps.FindIndex(status => status.Sweep == sweep);
        Sweeps[index] = change(Sweeps[index]);
    }

    public List<CheckpointImport> Imports { get; } = [];

    public Task<string> ImportCheckpointAsync(CheckpointImport import, CancellationToken cancellationToken = default)
    {
        Imports.Add(import);
        return Task.FromResult($"runs/{import.Run}/checkpoints/imported");
    }

    /// <summary>What every checkpoint holds.</summary>
    public CheckpointExport Export { get; set; } = new("{}", []);

    public Task<CheckpointExport> ExportCheckpointAsync(string name, CancellationToken cancellationToken = default)
    {
        Calls.Add($"export {name}");
        return Task.FromResult(Export);
    }

    public Task<IReadOnlyList<CheckpointSummary>> ListCheckpointsAsync(string? run, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<CheckpointSummary>>([.. Checkpoints.Where(checkpoint => run is null || checkpoint.Run == run)]);

    public Task DeleteCheckpointAsync(string name, CancellationToken cancellationToken = default)
    {
        Calls.Add($"delete {name}");
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<SiloLoad>> ListSilosAsync(CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<SiloLoad>>([]);

    public string Store { get; set; } = "";

    public void RequireData(TrainingOptions options, int? images)
    {
        if (DataError is not null)
        {
            throw DataError;
        }
    }

    /// <summary>Options of all feature analyses that were asked for, each once.</summary>
    public List<FeatureAnalysisOptions> FeatureAnalyses { get; } = [];

    /// <summary>Analyses that were begun and not finished, at most.</summary>
    public int MostFeatureAnalysesAtOnce { get; private set; }

    /// <summary>Half of the work is done when an analysis is first asked for, all at the second time.</summary>
    public Task<FeatureAnalysisStatus> AnalyzeFeaturesAsync(string optionsJson, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var options = JsonSerializer.Deserialize<FeatureAnalysisOptions>(optionsJson, AfaJson.Options)!;
        if (!FeatureAnalyses.Contains(options))
        {
            FeatureAnalyses.Add(options);
            MostFeatureAnalysesAtOnce = Math.Max(MostFeatureAnalysesAtOnce, ++_featureAnalysesAtWork);
            return Task.FromResult(new FeatureAnalysisStatus(0.5, null));
        }

        _featureAnalysesAtWork--;
        var document = new FeatureDocument { Analyses = [SampleFeatures.Analysis(options.Checkpoint) with { Images = options.Images, Norm = options.Norm.ToString().ToLowerInvariant(), Epsilon = options.Epsilon ?? "0.1" }] };
        return Task.FromResult(new FeatureAnalysisStatus(1, JsonSerializer.Serialize(document, AfaJson.Options)));
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

    /// <summary>Newest first. A running federation finishes a round each time it is asked about.</summary>
    public List<FederationStatus> Federations { get; } = [];

    /// <summary>Called at each question about a federation.</summary>
    public Action<FederationStatus> OnFederationQuestion { get; set; } = _ => { };

    /// <summary>Makes every federation fail with this message.</summary>
    public string? FederationError { get; set; }

    /// <summary>Whether the model of the newest round is judged only in the next.</summary>
    public bool JudgesLate { get; set; }

    /// <summary>A federation at some point of its way.</summary>
    public static FederationStatus Federation(string federation, RunState state, int round, FederationOptions? options = null)
    {
        options ??= new FederationOptions();
        var last = FederationFigures.Last(SampleFederation.Document(federation, options, round));
        return new FederationStatus(
            federation, state, JsonSerializer.Serialize(options, AfaJson.Options), DateTimeOffset.UnixEpoch, round, options.TotalRounds,
            state == RunState.Running ? $"round {round + 1}: 7 of 10 participants have trained" : "", (double)round / options.TotalRounds, TimeSpan.FromSeconds(65), TimeSpan.FromSeconds(10 * round),
            last is null ? null : FederationFigures.Pooled(last, "clean")!.Accuracy, last is null ? null : FederationFigures.Pooled(last, "worst-case")!.Accuracy,
            last is null ? null : FederationFigures.Worst(last, "worst-case")!.Accuracy, round == 0 ? null : CheckpointName(federation, round), null);
    }

    public static FederationOptions Options(FederationStatus status) => JsonSerializer.Deserialize<FederationOptions>(status.OptionsJson, AfaJson.Options)!;

    public Task StartFederationAsync(string federation, string optionsJson, CancellationToken cancellationToken = default)
    {
        Calls.Add($"start federation {federation}");
        Federations.Insert(0, Federation(federation, RunState.Running, 0, JsonSerializer.Deserialize<FederationOptions>(optionsJson, AfaJson.Options)));
        return Task.CompletedTask;
    }

    public Task ResumeFederationAsync(string federation, CancellationToken cancellationToken = default)
    {
        Calls.Add($"resume federation {federation}");
        ChangeFederation(federation, status => status with { State = RunState.Running });
        return Task.CompletedTask;
    }

    public Task PauseFederationAsync(string federation, CancellationToken cancellationToken = default)
    {
        Calls.Add($"pause federation {federation}");
        ChangeFederation(federation, status => status with { State = RunState.Paused });
        return Task.CompletedTask;
    }

    public Task CancelFederationAsync(string federation, CancellationToken cancellationToken = default)
    {
        Calls.Add($"cancel federation {federation}");
        ChangeFederation(federation, status => status with { State = RunState.Canceled });
        return Task.CompletedTask;
    }

    public Task<FederationStatus?> GetFederationAsync(string federation, CancellationToken cancellationToken = default)
    {
        var status = Federations.Find(status => status.Federation == federation);
        if (status?.State == RunState.Running)
        {
            OnFederationQuestion(status);
            ChangeFederation(federation, now => now.State == RunState.Running ? Advance(now) : now);
        }

        return Task.FromResult(status);
    }

    public Task<IReadOnlyList<FederationStatus>> ListFederationsAsync(CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<FederationStatus>>(Federations);

    public Task<string?> GetFederationResultAsync(string federation, CancellationToken cancellationToken = default)
    {
        if (Federations.Find(status => status.Federation == federation) is not { } status)
        {
            return Task.FromResult<string?>(null);
        }

        var document = SampleFederation.Document(federation, Options(status), status.Round);
        return Task.FromResult<string?>(JsonSerializer.Serialize(
            JudgesLate && status.State == RunState.Running ? document with { Models = [.. document.Models.Where(model => model.Round < status.Round - 1)] } : document, AfaJson.Options));
    }

    private FederationStatus Advance(FederationStatus status)
    {
        if (FederationError is not null)
        {
            return status with { State = RunState.Failed, Message = FederationError };
        }

        var round = status.Round + 1;
        return Federation(status.Federation, round == status.Rounds ? RunState.Completed : RunState.Running, round, Options(status));
    }

    private void ChangeFederation(string federation, Func<FederationStatus, FederationStatus> change)
    {
        var index = Federations.FindIndex(status => status.Federation == federation);
        Federations[index] = change(Federations[index]);
    }
}
