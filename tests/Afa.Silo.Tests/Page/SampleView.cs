using System.Text.Json;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Grains;
using Afa.Silo.Page;
using Afa.Sweeps;
using Afa.Training;

namespace Afa.Tests.Silo.Page;

/// <summary>A cluster with one of everything, in which every name and every message is as hostile as it can be.</summary>
internal static class SampleView
{
    /// <summary>Ends whatever it may stand in, and holds what XML cannot.</summary>
    public const string Hostile = "</title></script><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload='alert(1)' &lt;&#1;\u0001\ud800 ../?name=x#";

    /// <summary>The same as a page shows it.</summary>
    public static string HostileShown { get; } = Hostile.Replace('\u0001', '\ufffd').Replace('\ud800', '\ufffd');

    public static DateTimeOffset Now { get; } = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    public static PageIdentity Identity { get; } = new("afa", "127.0.0.1:11111@1", "127.0.0.1:30000", HasDashboard: true);

    public static ClusterView Empty { get; } = new() { ReadAt = Now };

    public static ClusterView Of(string name) => new()
    {
        ReadAt = Now,
        Runs = [Run(name), Run($"{name}-failed") with { State = RunState.Failed, Message = $"Out of patience: {name}" }],
        Evaluations = [Evaluation(name), Evaluation($"{name}-done") with { State = RunState.Completed }],
        Sweeps = [Sweep(name)],
        Federations = [Federation(name), Federation($"{name}-failed") with { State = RunState.Failed }],
        FederationResults = new Dictionary<string, FederationDocument> { [name] = FederationResult(name) },
        Results = new Dictionary<string, EvaluationDocument> { [$"{name}-done"] = Result(name) },
        SweepResults = new Dictionary<string, SweepDocument> { [name] = SweepResult(name) },
        Leaderboard = Leaderboard.Create([Result(name)]),
        Silos = [new(Identity.Silo, "", 2, 1, 3, [name]), new(name, name, 2, 3, 0, [])],
        Problems = [name],
    };

    public static TrainingRunStatus Run(string name) => new(
        name, RunState.Running, JsonSerializer.Serialize(new { method = name, dataset = name, attack = new { steps = 3 } }, AfaJson.Options), "training", 1, 4, 25, 100, 123.4, TimeSpan.FromSeconds(65), TimeSpan.FromSeconds(30),
        [Epoch(1, 2.5)], $"runs/{name}/checkpoints/step-00000025", 1, Now.AddMinutes(-5), null, 1.25, [new LossPoint(25, "training", 2.5), new LossPoint(30, "training", 1.25)]);

    public static EpochMetrics Epoch(int epoch, double loss) => new("training", epoch, loss, 0.5, 0.25, null, 0.1, 10, new Dictionary<string, double>());

    private static EvaluationStatus Evaluation(string name) => new(
        name, RunState.Running, JsonSerializer.Serialize(new { checkpoints = new[] { $"runs/{name}/checkpoints/step-00000025" }, attacks = new[] { name }, dataset = name, epsilons = new[] { name } }, AfaJson.Options),
        Now.AddHours(-2), 30, 40, [new AttackStanding("clean", 36, 40), new AttackStanding(name, 18, 40)], [$"{name}: apgd-ce"], 0.75, 12.3, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20), name);

    private static EvaluationDocument Result(string name) => new()
    {
        Evaluation = $"{name}-done",
        CreatedAt = Now.AddDays(-3),
        Seconds = 12,
        Results =
        [
            new EvaluationResult
            {
                Checkpoint = $"runs/{name}/checkpoints/step-00000025",
                Model = name,
                Dataset = name,
                Split = "test",
                Norm = "linf",
                Epsilon = name,
                Images = 40,
                Seed = 0,
                CreatedAt = Now.AddDays(-3),
                Seconds = 12,
                Attacks = [Attack("clean", 36, name), Attack(name, 18, name), Attack("worst-case", 18, name)],
                Warnings = [name],
                Environment = name,
            },
        ],
    };

    private static AttackResult Attack(string name, int correct, string className) => new(name, correct, 40, 0.1, 0.9, 1, [new ClassAccuracy(className, correct, 40)]);

    private static FederationStatus Federation(string name) => new(
        name, RunState.Running, JsonSerializer.Serialize(new { training = new { method = name }, aggregation = new { rule = name } }, AfaJson.Options), Now.AddMinutes(-3), 1, 4, name, 0.25, TimeSpan.FromSeconds(65),
        TimeSpan.FromSeconds(20), 0.75, 0.5, 0.25, $"runs/{name}/checkpoints/step-00000001", name);

    private static FederationDocument FederationResult(string name) => new()
    {
        Federation = name,
        CreatedAt = Now.AddMinutes(-3),
        Seconds = 20,
        Options = new FederationOptions { Participants = 2 },
        Participants = [new ParticipantSummary(name, 30, [null, 30], 20, IsAttacker: false), new ParticipantSummary($"{name}-1", 30, [30, null], 20, IsAttacker: true)],
        Rounds = [new RoundSummary(1, name, [0, 1], [0], [new MissingParticipant(1, name)], [0], 1.5, 0.25, 4, $"runs/{name}/checkpoints/step-00000001")],
        Models =
        [
            new ModelJudgment(
                $"runs/{name}/checkpoints/step-00000001", 1,
                [new ParticipantCounts(20, [new AttackCounts("clean", 15, []), new AttackCounts("worst-case", 5, [])]), null], [new MissingParticipant(1, name)]),
        ],
        Privacy = new PrivacySpent(3.5, 1e-5, 1, 1, 1),
    };

    private static SweepStatus Sweep(string name) => new(
        name, RunState.Running, "{}", Now.AddDays(-100),
        [
            new SweepTrialStatus($"{name}-s0", name, SweepTrialState.Completed, "", 0, null),
            new SweepTrialStatus($"{name}-s1", name, SweepTrialState.Failed, "", 0, name),
            new SweepTrialStatus($"{name}-s2", $"{name}-s2", SweepTrialState.Training, name, 0.5, null),
        ],
        0.6, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20), name);

    private static SweepDocument SweepResult(string name)
    {
        var figure = new SweepFigure("worst-case", default, 2, 0.45, 0.01, 0.4, 0.5, SweepInterval.Wilson);
        var point = new SweepPoint(name, name, [new SweepSetting(name, name)]);
        return new SweepDocument
        {
            Sweep = name,
            CreatedAt = Now,
            Seconds = 1,
            Varied = [name],
            Groups = [new SweepGroup(name, "linf", name, 40, [new SweepRow(point, 1, [figure], 10, 100)])],
            Trials = [],
        };
    }
}
