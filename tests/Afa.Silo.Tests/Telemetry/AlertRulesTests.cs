using Xunit;

namespace Afa.Tests.Silo.Telemetry;

/// <summary>The alert rules against made-up series, by Prometheus' own tool.</summary>
public sealed class AlertRulesTests
{
    [Fact]
    public async Task Rules_OnMadeUpSeries_FireOnWhatTheyWarnOfAndOnNothingElse()
    {
        PrometheusServer.Require();

        var check = await PrometheusServer.CheckAsync("check", "config", Path.Combine(MonitoringFiles.Folder, "prometheus.yml"));   // With the rules that it names.
        Assert.True(check.Code == 0, check.Output);
        var test = await PrometheusServer.CheckAsync("test", "rules", MonitoringFiles.AlertTests);
        Assert.True(test.Code == 0, test.Output);
    }

    [Fact]
    public void Rules_AreAllTested_AndTheHealthyClusterHasWhatTheyRead()
    {
        var tests = File.ReadAllText(MonitoringFiles.AlertTests);
        var healthy = tests.Split("  - name: ")[1];
        Assert.StartsWith("A cluster that is well", healthy, StringComparison.Ordinal);

        Assert.All(AlertRule.All, rule =>
        {
            Assert.Matches($@"ALERTS\{{alertname=""{rule.Name}""(,alertstate=""firing"")?[^}}]*\}}\)?', eval_time: \w+, exp_samples: \[\{{value: 1", tests);
            Assert.All(rule.Selectors, selector => Assert.Contains($"{{series: '{selector.Split('{')[0]}{{", healthy, StringComparison.Ordinal));
        });
    }

    [Fact]
    public void Rules_SayWhatTheyMeanAndWhatToDo()
    {
        Assert.Distinct(AlertRule.All.Select(rule => rule.Name));
        Assert.All(AlertRule.All, rule =>
        {
            Assert.Matches("^(info|warning|critical)$", rule.Severity);
            Assert.Equal(["action", "description", "summary"], rule.Annotations.Keys.Order());
            Assert.All(rule.Annotations.Values, text => Assert.InRange(text.Length, 10, 500));
        });
    }

    [Fact]
    public void Documentation_ListsEveryRuleWithItsSeverity()
    {
        var text = File.ReadAllText(MonitoringFiles.Documentation);
        Assert.All(AlertRule.All, rule => Assert.Contains($"| `{rule.Name}` | {rule.Severity} |", text, StringComparison.Ordinal));
    }
}
