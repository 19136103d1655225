using System.Xml.Linq;
using Afa.Client.Reports;
using Afa.Evaluation;
using Xunit;

namespace Afa.Client.Tests.Reports;

public sealed class JobReportTests : IDisposable
{
    private readonly ReportFolder _report = new();

    public void Dispose() => _report.Dispose();

    [Fact]
    public void Write_TwoCheckpoints_RanksThemByTheWorstCase()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Document(Result("weak", worst: 5), Result("strong", worst: 9)));

        var ranking = _report.Html().Descendants("table").First();
        Assert.Equal(["1. strong", "2. weak"], ranking.Descendants("tbody").Elements("tr").Select(row => row.Elements().First().Value));
        Assert.Equal(
            ["Checkpoint", "clean", "fgsm", "pgd-20", "worst-case", "95 % interval", "Worst class"],
            ranking.Descendants("thead").Elements("tr").Elements().Select(cell => cell.Value));
        Assert.Equal(["1. strong", "0.800", "0.650", "0.600", "0.450", "0.258 to 0.658", "Shirt (0.400)"], _report.Row("1. strong"));
        Assert.Contains(["2. weak", "0.800", "0.650", "0.600", "0.250", "0.112 to 0.469", "Shirt (0.200)"], _report.MarkdownRows());
        Assert.Equal("AFA: 2 checkpoints on fashion-mnist", _report.Html().Descendants("h1").Single().Value);
    }

    [Fact]
    public void Write_FewResults_ShowsEachOpen()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Document(Result("a", 5), Result("b", 9)));

        var parts = Parts();
        Assert.Equal(["a, linf ε = 8/255: worst case 0.250", "b, linf ε = 8/255: worst case 0.450"], parts.Select(part => part.Element("summary")!.Value));
        Assert.All(parts, part => Assert.NotNull(part.Attribute("open")));
        Assert.Contains("# a, linf ε = 8/255", _report.Markdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ManyResults_KeepsThemClosedAndBoundsTheirNumber()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Document([.. Enumerable.Range(0, 130).Select(i => Result($"c-{i}", i % 12) with { Examples = [] })]));

        Assert.Equal(100, Parts().Count);
        Assert.All(Parts(), part => Assert.Null(part.Attribute("open")));
        Assert.Contains("The first 100 of 130 results", _report.HtmlText(), StringComparison.Ordinal);
        Assert.Equal(130, _report.Html().Descendants("table").First().Descendants("tbody").Elements("tr").Count());
    }

    [Fact]
    public void Write_SeveralRadii_DrawsOneLineForEachCheckpoint()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Document(
            [.. from levels in Enumerable.Range(1, 2) from i in Enumerable.Range(0, 10) select Result($"c-{i}", 10 - i) with { Epsilon = $"{4 * levels}/255" }]));

        var chart = _report.Html().Descendants("figure").Single(figure => figure.Element("figcaption")!.Element("strong")!.Value == "Accuracy");
        var names = chart.Element("figcaption")!.Elements("span").Select(span => span.Value).ToList();
        Assert.Equal(9, names.Count);   // Eight that can be told apart, and how many there are besides.
        Assert.Equal("● c-0", names[0]);
        Assert.Equal("thin: 2 more", names[8]);
        Assert.Equal(["fashion-mnist test, linf ε = 4/255", "fashion-mnist test, linf ε = 8/255"], _report.Html().Descendants("h2").Select(heading => heading.Value).Take(2));
    }

    [Fact]
    public void Write_OneCheckpointAtSeveralRadii_IsOneTable()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Document(Result("a", 9) with { Epsilon = "0.05" }, Result("a", 5) with { Epsilon = "0.1" }));

        var table = _report.Html().Descendants("table").First();
        Assert.Equal(["linf ε = 0.05", "linf ε = 0.1"], table.Descendants("tbody").Elements("tr").Select(row => row.Elements().First().Value));
        Assert.Contains(_report.MarkdownRows(), row => row[0] == "linf ε = 0.1" && row[4] == "0.250");
        Assert.Equal("AFA: a on fashion-mnist", _report.Html().Descendants("h1").Single().Value);
    }

    [Fact]
    public void Write_OneRadius_DrawsNoChartOverRadii()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Document(Result("a", 5), Result("b", 9)));

        XNamespace svg = "http://www.w3.org/2000/svg";
        Assert.Empty(_report.Html().Descendants(svg + "svg"));
    }

    [Fact]
    public void Write_Warnings_NameWhatTheyAreAbout()
    {
        var document = SampleReport.Document([.. Enumerable.Range(0, 7).Select(i => Result($"c-{i}", 5) with { Warnings = ["The loss is saturated."] })]);

        ReportWriter.Write(_report.Path, null, document);

        var box = _report.Html().Descendants("section").Single(section => (string?)section.Attribute("class") == "warnings");
        Assert.StartsWith("The loss is saturated. (c-0 at ε = 8/255; c-1", box.Descendants("li").Single().Value, StringComparison.Ordinal);
        Assert.EndsWith("; and 2 more)", box.Descendants("li").Single().Value, StringComparison.Ordinal);
        Assert.Contains(_report.MarkdownRows(), row => row[0] == "1. c-0 ⚠");
    }

    private List<XElement> Parts() => [.. _report.Html().Descendants("details").Where(part => (string?)part.Attribute("class") == "result")];

    private static EvaluationResult Result(string checkpoint, int worst) => SampleReport.Result() with
    {
        Checkpoint = checkpoint,
        Attacks = [.. SampleReport.Result().Attacks.SkipLast(1), SampleReport.Attack("worst-case", worst)],
    };
}
