using System.Text.Json;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Grains;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Silo.Telemetry;

/// <summary>Dashboards and alert rules against a real Prometheus that scrapes a real silo at work.</summary>
public sealed class PrometheusTests
{
    /// <summary>A run that has everything that a panel shows: two trainers, accuracies of training and of held-out images, several checkpoints.</summary>
    private static readonly TrainingOptions s_training = TestRun.Options with { Epochs = 6, Validation = new ValidationOptions { Images = 40, Steps = 3 } };

    private static readonly TrainingOptions s_diverging = TestRun.Options with
    {
        Method = TrainingMethod.Ce,
        Optimizer = new OptimizerOptions { LearningRate = 100, GradientClip = 0, Schedule = LearningRateScheduleKind.Constant },
        Epochs = 20,
    };

    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task DashboardsAndAlerts_OfASiloAtWork_FindDataForEveryQuery()
    {
        PrometheusServer.Require();
        var store = TestRun.NewStore();
        await using var silo = await SiloProcess.StartAsync(store);
        await using var prometheus = await PrometheusServer.StartAsync(silo.HttpAddress);
        await using var client = await silo.ConnectAsync();
        var expected = Expectations().ToList();
        var rounds = 0;
        var found = await UntilAsync(async () =>
        {
            // Again each time: a rate needs counts that rise between two scrapes, and on a quick machine a whole run falls between them.
            rounds++;
            await TrainAsync(client.Control, $"run-{rounds}", s_training, RunState.Completed);
            await EvaluateAsync(client.Control, $"evaluation-{rounds}", [.. TestRun.Checkpoints(store, $"run-{rounds}").Select(step => $"runs/run-{rounds}/checkpoints/{step}")]);

            await FederateAsync(client.Control, $"federation-{rounds}");

            await TrainAsync(client.Control, $"diverging-{rounds}", s_diverging, RunState.Failed);

            var missing = new List<string>();
            foreach (var (what, query, label) in expected)
            {
                if (!(await prometheus.SeriesAsync(query)).Any(series => label is null || series.ContainsKey(label)))
                {
                    missing.Add($"{what} finds nothing: {query}");
                }
            }

            return missing;
        });
        Assert.True(found.Count == 0, $"{found.Count} of {expected.Count} queries:\n{string.Join('\n', found)}\n{silo.Process.Output}");

        var unwell = await UntilAsync(async () =>
        {
            var states = await prometheus.RuleStatesAsync();
            return [.. AlertRule.All.Select(rule => (rule.Name, State: states.GetValueOrDefault(rule.Name))).Where(rule => rule.State != "ok").Select(rule => $"{rule.Name}: {rule.State}")];
        });
        Assert.True(unwell.Count == 0, string.Join('\n', unwell));

        Assert.All(await prometheus.FiringAnnotationsAsync(), text => Assert.DoesNotMatch("{{|<error|no value", text));
        await RequireEveryMetricIsShownAsync(silo);
    }

    private static async Task TrainAsync(IAfaControl control, string run, TrainingOptions options, RunState end)
    {
        await control.StartTrainingAsync(run, JsonSerializer.Serialize(options, AfaJson.Options));
        Assert.Empty(await UntilAsync(async () =>
        {
            var status = await control.GetTrainingAsync(run);
            return status?.State == end ? [] : [$"The run is {status?.State} after step {status?.Step}, {status?.Message}"];
        }));
    }

    /// <summary>Many small units, so that some are seen to wait.</summary>
    private static async Task EvaluateAsync(IAfaControl control, string evaluation, IReadOnlyList<string> checkpoints)
    {
        var options = new EvaluationOptions { Checkpoints = checkpoints, DataDirectory = s_training.DataDirectory, Images = 40, Attacks = ["fgsm+apgd-ce"], Epsilons = ["0.02", "0.05"] };
        await control.StartEvaluationAsync(evaluation, JsonSerializer.Serialize(options, AfaJson.Options));
        Assert.Empty(await UntilAsync(async () =>
        {
            var status = await control.GetEvaluationAsync(evaluation);
            return status?.State == RunState.Completed ? [] : [$"The evaluation is {status?.State}, {status?.Message}"];
        }));
    }

    private static async Task FederateAsync(IAfaControl control, string federation)
    {
        var options = new FederationOptions
        {
            Training = s_training with { Method = TrainingMethod.Ce, Validation = new ValidationOptions(), BatchSize = 8 },
            Participants = 2,
            Partition = new PartitionOptions { Kind = PartitionKind.Iid },
            Rounds = 2,
            Evaluation = new FederatedEvaluationOptions { Attacks = ["fgsm"], Images = 10, MinimumCount = 1 },
        };
        await control.StartFederationAsync(federation, JsonSerializer.Serialize(options, AfaJson.Options));
        Assert.Empty(await UntilAsync(async () =>
        {
            var status = await control.GetFederationAsync(federation);
            return status?.State == RunState.Completed ? [] : [$"The federation is {status?.State}, {status?.Message}"];
        }));
    }

    /// <summary>What asks, its query, and a label that a series must have.</summary>
    private static IEnumerable<(string What, string Query, string? Label)> Expectations()
    {
        foreach (var dashboard in Dashboard.All)
        {
            foreach (var panel in dashboard.Panels)
            {
                foreach (var query in panel.Queries)
                {
                    yield return ($"{panel}", Fill(dashboard, query), null);
                }
            }

            foreach (var (series, label) in dashboard.VariableQueries)
            {
                yield return ($"A variable of {dashboard.Name}", series, label);
            }
        }

        // An alert that does not fire returns nothing, but what it reads must be there.
        foreach (var rule in AlertRule.All)
        {
            foreach (var selector in rule.Selectors)
            {
                yield return (rule.Name, selector, null);
            }
        }

        // Two that do fire, as a run has failed.
        yield return ("The failed run", """ALERTS{alertname="AfaRunFailed", alertstate="firing"}""", null);
        yield return ("The loss that is not finite", """ALERTS{alertname="AfaLossNotFinite", alertstate="firing"}""", null);
    }

    /// <summary>As Grafana does for "All".</summary>
    private static string Fill(Dashboard dashboard, string query)
    {
        var filled = dashboard.Variables.Aggregate(query.Replace("$__rate_interval", "10s", StringComparison.Ordinal), (text, variable) => text.Replace($"${variable}", ".*", StringComparison.Ordinal));
        Assert.DoesNotContain('$', filled);
        return filled;
    }

    /// <summary>A metric of AFA that no panel and no alert uses is a gap or a leftover, and one that is not described is not found.</summary>
    private static async Task RequireEveryMetricIsShownAsync(SiloProcess silo)
    {
        var uses = Dashboard.All.SelectMany(dashboard => dashboard.Panels).SelectMany(panel => panel.Queries).Concat(AlertRule.All.Select(rule => rule.Expression)).ToList();
        var documentation = await File.ReadAllTextAsync(MonitoringFiles.Documentation);
        var metrics = (await silo.GetTextAsync("metrics")).Split('\n').Where(line => line.StartsWith("# TYPE afa_", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]).ToList();
        Assert.True(metrics.Count > 20, string.Join(' ', metrics));
        Assert.All(metrics, metric =>
        {
            Assert.Contains(uses, use => use.Contains(metric, StringComparison.Ordinal));
            Assert.Contains($"`{metric}", documentation, StringComparison.Ordinal);
        });
    }

    /// <summary>Asks again until nothing is missing, or for the longest time.</summary>
    private static async Task<IReadOnlyList<string>> UntilAsync(Func<Task<IReadOnlyList<string>>> missingAsync)
    {
        using var limit = new CancellationTokenSource(s_longestWait);
        while (true)
        {
            var missing = await missingAsync();
            if (missing.Count == 0 || limit.IsCancellationRequested)
            {
                return missing;
            }

            await Task.Delay(250, CancellationToken.None);
        }
    }
}
