using System.Text.Json;
using System.Xml.Linq;
using Afa.Client.Reports;
using Afa.Federation;
using Afa.Federation.Aggregation;
using Afa.Federation.Attackers;
using Afa.Federation.Privacy;
using Afa.Training;
using Xunit;

namespace Afa.Client.Tests.Reports;

public sealed class FederationReportTests : IDisposable
{
    private readonly ReportFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_SmallFederation_PoolsByHand()
    {
        FederationReport.Write(_folder.Path, SampleFederation.Small());

        // 9 + 16 + 21 of 10 + 20 + 30 images; in the worst case 5 + 4 + 15, by participant 0.5, 0.2 and 0.5. Wilson by hand.
        Assert.Equal(["clean", "0.767", "0.646 to 0.856", "46 / 60", "south (0.700)", "north (0.900)", "0.200"], _folder.Row("clean"));
        Assert.Equal(["worst-case", "0.400", "0.286 to 0.526", "24 / 60", "west (0.200)", "north (0.500)", "0.300"], _folder.Row("worst-case"));
        Assert.Contains("The model of round 2, as 3 of 3 participants judge it", _folder.Html().Value, StringComparison.Ordinal);
        Assert.Equal(
            ["clean, pooled 0.767", "worst-case, pooled 0.400", "worst participant 0.200", "fairness gap 0.300", "epsilon 2"],
            _folder.Html().Descendants("div").Where(card => ((string?)card.Attribute("class"))?.StartsWith("card", StringComparison.Ordinal) == true && card.Elements().Count() > 1 && card.Element("div")!.Attribute("class")!.Value == "name")
                .Select(card => string.Join(' ', card.Elements("div").Where(part => part.Attribute("class")!.Value is "name" or "figure").Select(part => part.Value))));
    }

    [Fact]
    public void Write_HeatMap_HasARowForEachParticipantAndAColumnForEachModel()
    {
        FederationReport.Write(_folder.Path, SampleFederation.Small());
        var worst = HeatMaps()[0];

        Assert.Equal(["Round", "1", "2"], worst.Element("thead")!.Descendants("th").Select(cell => cell.Value));
        Assert.Equal(["north 0.20 0.50", "west – 0.20", "south (attacker) 0.30 0.50", "all together 0.28 0.40"], worst.Element("tbody")!.Elements("tr").Select(row => string.Join(' ', row.Elements().Select(cell => cell.Value))));
        Assert.Equal("its silo is gone", (string?)worst.Descendants("td").Single(cell => (string?)cell.Attribute("class") == "none").Attribute("title"));

        // The lighter, the better: 0.5 is the middle of the scale.
        Assert.Contains("background:#21918c;color:#000000", (string?)worst.Descendants("td").First(cell => cell.Value == "0.50").Attribute("style"), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_SuppressedCounts_AreShownAsFewerThan()
    {
        FederationReport.Write(_folder.Path, SampleFederation.Small());

        // Class 0 of "west" and "south": 3 + 7 of 10 + 15. Class 1 of "south" alone: 8 of 15.
        Assert.Equal(["T-shirt/top", "25", "2 of 3", "0.400", "0.400", "0.400"], _folder.Row("T-shirt/top"));
        Assert.Equal(["Trouser", "15", "1 of 3", "0.533", "0.533", "0.533"], _folder.Row("Trouser"));
        Assert.Contains(_folder.MarkdownRows(), row => row[0] == "west" && row[2] == "200, fewer than 10");

        var nobody = SampleFederation.Small();
        FederationReport.Write(_folder.Path, nobody with { Models = [nobody.Models[1] with { Counts = [nobody.Models[1].Counts[0], null, null] }] });
        Assert.Equal(["Trouser", "fewer than 10 each", "0 of 3", "–", "–", "–"], _folder.Row("Trouser"));
    }

    [Fact]
    public void Write_ClassBars_ScaleWithTheLargestCount()
    {
        FederationReport.Write(_folder.Path, SampleFederation.Small());
        var bars = _folder.Html().Descendants().Where(element => element.Name.LocalName == "svg" && (string?)element.Attribute("class") == "classes").ToList();

        Assert.Equal(3, bars.Count);
        var heights = bars.Select(svg => svg.Elements().Where(bar => bar.Name.LocalName == "rect").Select(bar => (double)bar.Attribute("height")! - 1).ToList()).ToList();
        Assert.Equal([0.3, 0.2], heights[0].Select(height => Math.Round(height / heights[1][0], 2)));   // 60 and 40 of 200.
        Assert.Single(bars[1].Elements(), bar => bar.Name.LocalName == "circle");   // Too few to be counted.
    }

    [Fact]
    public void Write_Participation_ShowsWhoWasUsedAndWhy()
    {
        FederationReport.Write(_folder.Path, SampleFederation.Small());
        var grid = _folder.Html().Descendants("table").Single(table => (string?)table.Attribute("class") == "heat grid");

        Assert.Equal(["north ○ ● 1 of 2", "west ✕ ○ 0 of 2", "south (attacker) ● ○ 1 of 2"], grid.Element("tbody")!.Elements("tr").Select(row => string.Join(' ', row.Elements().Select(cell => cell.Value))));
        Assert.Contains(_folder.MarkdownRows(), row => row is ["west", "not done in 1800 s", "round 1"]);
        Assert.Contains(_folder.MarkdownRows(), row => row is ["west", "its silo is gone", "judging the model of round 1"]);
        Assert.Contains(_folder.MarkdownRows(), row => row is ["2", "training", "3", "3", "north", "2.0000", "0.75", "0.767", "0.400", "0.200", "41.0"]);
    }

    [Fact]
    public void Write_Privacy_SaysWhatEpsilonMeans()
    {
        FederationReport.Write(_folder.Path, SampleFederation.Small());

        Assert.Contains("epsilon 2 at delta 0.001 after 2 rounds", _folder.Html().Value, StringComparison.Ordinal);
        Assert.Contains("a factor of at most e^epsilon = 7.389", _folder.Html().Value, StringComparison.Ordinal);
        Assert.Contains("epsilon 2 at delta 0.001", _folder.Markdown(), StringComparison.Ordinal);

        var small = SampleFederation.Small();
        FederationReport.Write(_folder.Path, small with { Privacy = null, Options = small.Options with { Privacy = new PrivacyOptions { ClipNorm = 1, SecureAggregation = true } } });
        Assert.Contains("promises nothing about what the updates give away", _folder.Html().Value, StringComparison.Ordinal);
        Assert.Contains("the aggregator saw the sum of each round's updates", _folder.Html().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Rounds_DrawsAccuracyLossAndNorm()
    {
        FederationReport.Write(_folder.Path, SampleFederation.Document("sample", SampleFederation.UnderAttack(AggregationRuleKind.MultiKrum), 10));
        var charts = _folder.Html().Descendants("figure").ToList();

        Assert.Equal(["Accuracy", "Local loss", "Norm of the aggregate"], charts.Select(chart => chart.Element("figcaption")!.Element("strong")!.Value));
        Assert.Equal(["clean, pooled", "worst case, pooled", "worst case, worst participant"], Legend(charts[0]));
    }

    [Fact]
    public void Write_Backdoor_IsACardARowAndACurve()
    {
        FederationReport.Write(_folder.Path, SampleFederation.Document("sample", SampleFederation.UnderAttack(AggregationRuleKind.Mean, AttackerKind.Backdoor), 10));

        Assert.Contains("taken for the backdoor's target", Legend(_folder.Html().Descendants("figure").First()));
        Assert.Equal("backdoor (taken for its target)", _folder.Row("backdoor (taken for its target)")[0]);
        Assert.Contains(_folder.Html().Descendants("div"), div => (string?)div.Attribute("class") == "name" && div.Value == "backdoor");
    }

    [Fact]
    public void Write_OtherCheckpoints_StandBesideTheLastModel()
    {
        var options = SampleFederation.UnderAttack(AggregationRuleKind.Median);
        options = options with { Evaluation = options.Evaluation with { Checkpoints = [FakeControl.CheckpointName("central", 8)] } };
        FederationReport.Write(_folder.Path, SampleFederation.Document("sample", options, 10));

        Assert.Equal("10 of 10 participants", _folder.Row("central/step-00000080")[^1]);
        Assert.Equal("central/step-00000080", HeatMaps()[0].Element("thead")!.Descendants("th").Last().Value);
    }

    [Fact]
    public void Write_NothingFinished_IsAReportAllTheSame()
    {
        FederationReport.Write(_folder.Path, SampleFederation.Document("sample", new FederationOptions(), 0));

        Assert.Contains("0 of 13 rounds", _folder.Html().Value, StringComparison.Ordinal);
        Assert.Contains("No model was judged yet.", _folder.Html().Value, StringComparison.Ordinal);
        Assert.Empty(_folder.Html().Descendants("figure"));
    }

    [Fact]
    public void Write_ManyParticipantsAndRounds_ShowsTheWorstAndEveryFewRounds()
    {
        FederationReport.Write(_folder.Path, SampleFederation.Document("sample", new FederationOptions { Participants = 200, Rounds = 297, Training = new TrainingOptions { Method = TrainingMethod.Trades } }, 297));
        var map = HeatMaps()[0];

        Assert.Equal(61, map.Element("tbody")!.Elements("tr").Count());
        Assert.InRange(map.Element("thead")!.Descendants("th").Count(), 15, 19);
        Assert.Equal("297", map.Element("thead")!.Descendants("th").Last().Value);
        Assert.Contains("The 60 of 200 participants with the lowest accuracy", _folder.Html().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_FewTestImages_AreNotTold()
    {
        var small = SampleFederation.Small();
        FederationReport.Write(_folder.Path, small with { Participants = [small.Participants[0] with { TestImages = null }, .. small.Participants.Skip(1)] });

        Assert.Contains(_folder.MarkdownRows(), row => row.Length > 3 && row[0] == small.Participants[0].Name && row[3] == "fewer than 10");
    }

    [Fact]
    public void Write_NamesWithMarkup_AreShownAsText()
    {
        var small = SampleFederation.Small();
        FederationReport.Write(_folder.Path, small with { Participants = [small.Participants[0] with { Name = "<script>alert(1)</script> | x" }, .. small.Participants.Skip(1)] });

        Assert.Empty(_folder.Html().Descendants("script"));
        Assert.Contains("<script>alert(1)</script> | x", _folder.Html().Value, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt; \\| x", _folder.Markdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Json_IsTheFederationAndFitsItsSchema()
    {
        var federation = SampleFederation.Small();
        FederationReport.Write(_folder.Path, federation);

        Assert.Equal(["report.html", "report.md", "result.json", "result.schema.json"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
        Assert.Equal(
            JsonSerializer.Serialize(federation, AfaJson.Options),
            JsonSerializer.Serialize(JsonSerializer.Deserialize<FederationDocument>(_folder.Text("result.json"), AfaJson.Options), AfaJson.Options));
        var schema = JsonDocument.Parse(_folder.Text("result.schema.json")).RootElement;
        Assert.Equal("AFA federation result", schema.GetProperty("title").GetString());
        Assert.Equal(1, schema.GetProperty("properties").GetProperty("schemaVersion").GetProperty("const").GetInt32());
        Assert.Equal(
            ["createdAt", "federation", "models", "options", "participants", "rounds", "seconds"],
            schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()).Order());
    }

    [Fact]
    public void Comparison_RulesUnderAttack_RanksThemAndSaysWhatTheAttackCosts()
    {
        var plain = SampleFederation.Document("no-attack", SampleFederation.UnderAttack(AggregationRuleKind.Mean) with { Attackers = new() }, 10);
        var mean = SampleFederation.Document("mean", SampleFederation.UnderAttack(AggregationRuleKind.Mean), 10);
        var median = SampleFederation.Document("median", SampleFederation.UnderAttack(AggregationRuleKind.Median), 10);
        FederationComparison.Write(_folder.Path, [mean, plain, median]);

        var rows = _folder.MarkdownRows();
        Assert.Equal(["no-attack", "median", "mean"], rows.Skip(2).Take(3).Select(row => row[0]));
        Assert.Equal(["median", "median against 2", "2 of 10: sign-flip"], _folder.Row("median")[..3]);
        var (column, reference) = (Array.IndexOf(rows[0], "Δ worst case"), _folder.Row("no-attack"));
        Assert.Equal("–", reference[column]);
        Assert.StartsWith("−0.0", _folder.Row("median")[column], StringComparison.Ordinal);
        Assert.StartsWith("−0.3", _folder.Row("mean")[column], StringComparison.Ordinal);
        Assert.Contains("10 participants, strategy fedavg, split dirichlet, alpha 0.5, rounds 10 of 10; the most robust first", _folder.Html().Value, StringComparison.Ordinal);

        var charts = _folder.Html().Descendants("figure").ToList();
        Assert.Equal(["Worst case, pooled", "Clean, pooled", "Worst case, worst participant"], charts.Select(chart => chart.Element("figcaption")!.Element("strong")!.Value));
        Assert.Equal(["no-attack (mean, no attackers)", "median (median against 2)", "mean (mean)"], Legend(charts[0]));
        Assert.Contains(rows, row => row is ["aggregation.rule", "mean", "median", "mean"]);
        Assert.Equal(3, JsonDocument.Parse(_folder.Text("result.json")).RootElement.GetArrayLength());
    }

    [Fact]
    public void Comparison_OfDifferentImages_SaysSo()
    {
        var first = SampleFederation.Document("first", new FederationOptions(), 10);
        FederationComparison.Write(_folder.Path, [first, SampleFederation.Small()]);

        Assert.Contains("their figures are not of the same images", _folder.Html().Value, StringComparison.Ordinal);
    }

    private List<XElement> HeatMaps() => [.. _folder.Html().Descendants("table").Where(table => (string?)table.Attribute("class") == "heat")];

    private static IEnumerable<string> Legend(XElement chart) => chart.Element("figcaption")!.Elements("span").Select(entry => entry.Value[1..].Trim());
}
