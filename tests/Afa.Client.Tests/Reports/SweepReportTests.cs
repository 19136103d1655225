using System.Text.Json;
using System.Xml.Linq;
using Afa.Attacks;
using Afa.Client.Reports;
using Afa.Sweeps;
using Afa.Training;
using Xunit;

namespace Afa.Client.Tests.Reports;

public sealed class SweepReportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("afa-sweep-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_VariantsOverANumericOption_DrawsBothCharts()
    {
        var (plan, sweep) = Sample(["0.01", "0.1", "1"]);
        var charts = Page(plan, sweep).Descendants("figure").ToList();

        Assert.Equal(2, charts.Count);
        Assert.Equal(["at-1", "at-2", "at-3", "ce-1", "ce-2", "ce-3"], Legend(charts[0]).Order());
        Assert.Equal(["at", "ce"], Legend(charts[1]).Order());
        Assert.Contains("optimizer.learningRate", charts[1].Value, StringComparison.Ordinal);
        Assert.Contains("0.01", Texts(charts[1]));   // On a logarithmic axis the ends are ticks, as is the middle.
        Assert.Contains("0.1", Texts(charts[1]));
        Assert.Contains("1", Texts(charts[1]));
        Assert.DoesNotContain("0.6", Texts(charts[1]));
    }

    [Fact]
    public void Write_AnOptionWithoutNumbers_DrawsOnlyTheAccuracies()
    {
        var (plan, sweep) = Sample(["1", "fast"]);

        Assert.Single(Page(plan, sweep).Descendants("figure"));
    }

    [Fact]
    public void Write_NothingFinished_IsAReportAllTheSame()
    {
        var (plan, sweep) = Sample(["0.1"]);
        var page = Page(plan, sweep with { Groups = [], Trials = [.. sweep.Trials.Select(trial => trial with { Result = null })] });

        Assert.Contains("0 of 6 trials finished", page.Value, StringComparison.Ordinal);
        Assert.Empty(page.Descendants("figure"));
    }

    [Fact]
    public void Write_AFailureWithMarkup_IsShownAsText()
    {
        var (plan, sweep) = Sample(["0.1"]);
        var page = Page(plan, sweep with { Trials = [sweep.Trials[0] with { Failure = "<script>alert(1)</script> | x" }, .. sweep.Trials.Skip(1)] });

        Assert.Empty(page.Descendants("script"));
        Assert.Contains("<script>alert(1)</script> | x", page.Value, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt; \\| x", File.ReadAllText(Path.Combine(_folder, "report.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Json_IsTheSweepWithItsSchemaVersion()
    {
        var (plan, sweep) = Sample(["0.1"]);
        SweepReport.Write(_folder, plan, sweep);
        var json = File.ReadAllText(Path.Combine(_folder, "result.json"));

        Assert.Equal(1, JsonDocument.Parse(json).RootElement.GetProperty("schemaVersion").GetInt32());
        Assert.Equal(JsonSerializer.Serialize(sweep, AfaJson.Options), JsonSerializer.Serialize(JsonSerializer.Deserialize<SweepDocument>(json, AfaJson.Options), AfaJson.Options));
    }

    private XElement Page(SweepPlan plan, SweepDocument sweep) => XDocument.Load(SweepReport.Write(_folder, plan, sweep)).Root!;

    private static IEnumerable<string> Legend(XElement chart) => chart.Element("figcaption")!.Elements("span").Select(entry => entry.Value[1..].Trim());

    private static IEnumerable<string> Texts(XElement chart) => chart.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value);

    /// <summary>Two variants at each value with three seeds.</summary>
    private static (SweepPlan Plan, SweepDocument Sweep) Sample(IReadOnlyList<string> values)
    {
        var space = new SweepSpace { Variants = [new("ce", [new("method", "ce")]), new("at", [new("method", "pgd-at")])], Grid = [new("optimizer.learningRate", [.. values])], Seeds = [0, 1, 2] };
        var points = space.Points();
        var trials = space.Seeds.SelectMany(seed => points.Select((point, i) => new SweepTrialReport(
            SweepTrial.NameOf(point, seed), point.Name, seed, "run", "evaluation", null,
            new SweepTrialResult
            {
                Checkpoint = "c",
                TrainingSeconds = 60,
                ImagesPerSecond = 100,
                EvaluationSeconds = 1,
                Accuracies = [Accuracy("clean", 80 + i + (int)seed), Accuracy("pgd-20", 30 + 5 * i - (int)seed), Accuracy("worst-case", 30 + 5 * i - (int)seed)],
            }))).ToList();
        var plan = new SweepPlan
        {
            Varied = ["optimizer.learningRate"],
            Points = points,
            Trials = [.. trials.Select(trial => new SweepTrial { Name = trial.Name, Point = trial.Point, Training = new TrainingOptions { Seed = trial.Seed }, Evaluation = new() })],
        };
        return (plan, new SweepDocument
        {
            Sweep = "sample",
            CreatedAt = DateTimeOffset.UnixEpoch,
            Seconds = 90,
            Varied = plan.Varied,
            Groups = SweepSummary.Groups(points, trials),
            Trials = trials,
        });
    }

    private static SweepAccuracy Accuracy(string attack, int correct) => new("fashion-mnist", "linf", "0.1", attack, AttackKind.Bounded, correct, 100);
}
