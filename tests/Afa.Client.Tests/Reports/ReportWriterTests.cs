using System.Text.Json;
using System.Xml.Linq;
using Afa.Client.Reports;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;
using SkiaSharp;
using Xunit;

namespace Afa.Client.Tests.Reports;

public sealed class ReportWriterTests : IDisposable
{
    private const string Hostile = "<script>alert(1)</script>\"'&|`*]]>\u0000\uD800\u202E";

    private readonly ReportFolder _report = new();

    public void Dispose() => _report.Dispose();

    [Fact]
    public void Write_NeitherRunNorEvaluation_IsRefusedAndWritesNothing()
    {
        Assert.Throws<ArgumentException>(() => ReportWriter.Write(_report.Path, null, null));

        Assert.False(Directory.Exists(_report.Path));
    }

    [Fact]
    public void Write_NoResults_IsRefusedAndWritesNothing()
    {
        Assert.Throws<ArgumentException>(() => ReportWriter.Write(_report.Path, null, SampleReport.Document()));

        Assert.False(Directory.Exists(_report.Path));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Write_RunOrEvaluationOrBoth_GivesWellFormedHtmlAndNoLeftovers(bool hasRun, bool hasEvaluation)
    {
        var path = ReportWriter.Write(_report.Path, hasRun ? SampleReport.Run() : null, hasEvaluation ? SampleReport.Evaluation() : null);

        Assert.Equal(Path.Combine(_report.Path, "report.html"), path);
        Assert.Equal(hasRun, _report.Html().Descendants("figcaption").Any(caption => caption.Value.StartsWith("Loss", StringComparison.Ordinal)));
        Assert.Equal(hasEvaluation, _report.Html().Descendants("img").Any());
        var expected = hasEvaluation ? new[] { "report.html", "report.md", "result.json", "result.schema.json" } : ["report.html", "report.md"];
        Assert.Equal(expected, Directory.GetFiles(_report.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Write_Twice_ReplacesTheEarlierReport()
    {
        ReportWriter.Write(_report.Path, SampleReport.Run() with { Run = "first" }, null);
        ReportWriter.Write(_report.Path, SampleReport.Run() with { Run = "second" }, null);

        Assert.Equal("AFA: second", _report.Html().Descendants("h1").Single().Value);
        Assert.Contains("# AFA: second", _report.Markdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void Html_Evaluation_ContainsTheFiguresOfEachAttack()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Evaluation());

        var cards = _report.Html().Descendants("div").Where(div => (string?)div.Attribute("class") == "figure").Select(div => div.Value);
        Assert.Equal(["0.800", "0.650", "0.600", "0.550"], cards);
        Assert.Equal(["pgd-20", "0.600", "0.569 to 0.630", "12 / 20", "Coat (0.500)", "12.5"], _report.Row("pgd-20"));
    }

    [Fact]
    public void Html_Cascade_ShowsItsStages()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Document(SampleReport.Full()));

        Assert.Equal(["autoattack", "0.500", "0.299 to 0.701", "10 / 20", "Shirt (0.500)", "–", "30.0"], _report.Row("autoattack"));
        Assert.Equal(["↳ apgd-t", "0.550", "0.342 to 0.742", "11 / 20", "–", "–", "8.0"], _report.Row("↳ apgd-t"));
        Assert.Equal("0.0412", _report.Row("fab-distance")[5]);
    }

    [Fact]
    public void Html_Corruptions_HaveATableOfTheirOwn()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Document(SampleReport.Full()));

        Assert.Equal(["fog", "0.750", "0.650", "0.700"], _report.Row("fog"));
        Assert.Equal(["gaussian-noise", "0.700", "–", "0.700"], _report.Row("gaussian-noise"));
        Assert.Equal(["mean", "0.725", "0.650", "0.700"], _report.Row("mean"));
        Assert.DoesNotContain(_report.MarkdownRows(), row => row[0] == "fog-1");
        Assert.Contains(["mean", "0.725", "0.650", "0.700"], _report.MarkdownRows());
    }

    [Fact]
    public void Html_Curve_MarksTheRadius()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Document(SampleReport.Full()));

        XNamespace svg = "http://www.w3.org/2000/svg";
        var labels = _report.Html().Descendants(svg + "svg").Single().Elements(svg + "text").Select(text => text.Value).ToList();
        Assert.Contains("ε = 8/255", labels);
        Assert.Contains("16", labels);   // Grey levels: the curve goes on to twice the radius.
    }

    [Fact]
    public void Write_Warnings_AreBeforeAllFigures()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Document(SampleReport.Full()));

        var text = _report.HtmlText();
        Assert.True(text.IndexOf("Square broke images", StringComparison.Ordinal) < text.IndexOf("class=\"cards\"", StringComparison.Ordinal));
        Assert.True(_report.Markdown().IndexOf("Square broke images", StringComparison.Ordinal) < _report.Markdown().IndexOf("| Attack", StringComparison.Ordinal));

        ReportWriter.Write(_report.Path, null, SampleReport.Evaluation());
        Assert.DoesNotContain("class=\"warnings\"", _report.HtmlText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Html_ChartsAndBars_ShowEachPhaseAndClass()
    {
        ReportWriter.Write(_report.Path, SampleReport.Run(), SampleReport.Evaluation());

        XNamespace svg = "http://www.w3.org/2000/svg";
        var charts = _report.Html().Descendants(svg + "svg").ToList();
        Assert.Equal(3, charts.Count);
        Assert.All(charts, chart => Assert.Contains(chart.Elements(svg + "text"), text => text.Value == "head"));
        Assert.All(charts, chart => Assert.Contains(chart.Elements(svg + "text"), text => text.Value == "epoch"));
        Assert.Equal(["Shirt", "Coat"], _report.Html().Descendants("div").Where(div => (string?)div.Attribute("class") == "label").Select(div => div.Value));

        var ids = _report.Html().Descendants().Attributes("id").Select(id => id.Value).ToList();
        Assert.Equal(ids.Distinct(), ids);
    }

    [Fact]
    public void Html_TimeBars_AddUpToTheWhole()
    {
        ReportWriter.Write(_report.Path, SampleReport.Run(), null);

        // Three epochs of 10 s in the features phase, of which data takes 1 s, the attack 6 s and the update 2 s; 1 s is other.
        Assert.Contains(["features", "data", "3.0", "0.100"], _report.MarkdownRows());
        var stack = _report.Html().Descendants("div").First(div => (string?)div.Attribute("class") == "stack");
        Assert.Equal(
            ["width:10%", "width:60%", "width:20%", "width:10%"],
            stack.Elements("span").Select(segment => (string?)segment.Attribute("style")));
    }

    [Fact]
    public void Html_NeedsNoNetwork()
    {
        ReportWriter.Write(_report.Path, SampleReport.Run(), SampleReport.Evaluation());

        Assert.DoesNotContain(_report.Html().Descendants(), element => element.Name.LocalName is "script" or "link" or "iframe");
        Assert.All(_report.Html().Descendants("img"), image => Assert.StartsWith("data:image/png;base64,", (string?)image.Attribute("src"), StringComparison.Ordinal));
        Assert.DoesNotContain("url(http", _report.HtmlText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Html_Images_DecodeToThePixelsOfTheExample()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Evaluation());

        var images = _report.Html().Descendants("img").Select(ReportFolder.Decode).ToList();
        Assert.Equal(6, images.Count);

        // The first example is [1, 2, 3] and grey, the second [3, 1, 2]: a red and a blue pixel.
        Assert.Equal([0, 50, 100, 150, 200, 255], images[0].Pixels.Select(pixel => (int)pixel.Red));
        Assert.Equal((3, 2), (images[0].Width, images[0].Height));
        Assert.Equal([new SKColor(255, 0, 0), new SKColor(0, 0, 255)], images[3].Pixels);
    }

    [Fact]
    public void Html_WrongPrediction_IsMarkedBySignToo()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Evaluation());

        var predictions = _report.Html().Descendants("div").Where(div => (string?)div.Attribute("class") == "prediction").Select(div => div.Value);
        Assert.Equal(["✓ Shirt", "change", "✗ Coat", "✓ Coat", "change", "✓ Coat"], predictions);
    }

    [Fact]
    public void Write_PixelsThatDoNotFit_NamesTheImageAndWritesNothing()
    {
        var example = SampleReport.Result().Examples[0] with { SampleId = 77, Height = 65536, Width = 65536 };

        var error = Assert.Throws<ArgumentException>(() => ReportWriter.Write(_report.Path, null, SampleReport.Document(SampleReport.Result() with { Examples = [example] })));

        Assert.Contains("image 77", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_report.Path));
    }

    [Fact]
    public void Write_HostileNames_AreTextAndNothingElse()
    {
        var result = SampleReport.Result();
        var hostile = SampleReport.Full() with
        {
            Model = Hostile,
            Checkpoint = Hostile,
            Environment = Hostile,
            Warnings = [Hostile],
            Attacks = [.. result.Attacks.Select(attack => attack with { Attack = Hostile, Classes = [.. attack.Classes.Select(c => c with { Name = Hostile })] })],
            Examples = [.. result.Examples.Select(example => example with { Label = Hostile, CleanPrediction = Hostile })],
        };
        var run = SampleReport.Run();
        run = run with
        {
            Run = Hostile,
            Message = Hostile,
            OptionsJson = Hostile,
            History = [.. run.History.Select(epoch => epoch with { Phase = Hostile, PhaseSeconds = new Dictionary<string, double> { [Hostile] = 1 } })],
        };

        ReportWriter.Write(_report.Path, run, SampleReport.Document(hostile) with { Evaluation = Hostile });

        Assert.Empty(_report.Html().Descendants("script"));
        Assert.DoesNotContain("<script", _report.HtmlText(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<script", _report.Markdown(), StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith("AFA: <script>alert(1)</script>\"'&|`*]]>\uFFFD\uFFFD", _report.Html().Descendants("title").Single().Value, StringComparison.Ordinal);
        Assert.All(_report.MarkdownRows(), row => Assert.True(row.Length is 2 or 4 or 6 or 8));
    }

    [Fact]
    public void Write_EmptyHistoryAndNoClasses_StillReports()
    {
        var result = SampleReport.Result();
        result = result with { Examples = [], Attacks = [.. result.Attacks.Select(attack => attack with { Classes = [] })] };

        ReportWriter.Write(_report.Path, SampleReport.Run() with { History = [], State = RunState.Failed, Message = "disk full" }, SampleReport.Document(result));

        Assert.Equal("disk full", _report.Html().Descendants("p").Single(p => (string?)p.Attribute("class") == "message").Value);
        Assert.Contains("**disk full**", _report.Markdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_NoAttackRan_SaysSo()
    {
        var result = SampleReport.Result();
        ReportWriter.Write(_report.Path, null, SampleReport.Document(result with { Attacks = [result.Attacks[0]] }));
        Assert.Contains("No attack has run", _report.Markdown(), StringComparison.Ordinal);

        ReportWriter.Write(_report.Path, null, SampleReport.Document(result));
        Assert.Contains("PGD and FGSM only: gradient masking is not ruled out", _report.Markdown(), StringComparison.Ordinal);
        Assert.Contains("PGD and FGSM only: gradient masking is not ruled out", _report.HtmlText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_LossNotFinite_LeavesThePointOut()
    {
        var run = SampleReport.Run();
        double[] losses = [double.NaN, double.PositiveInfinity, double.MaxValue, 1, 1];

        ReportWriter.Write(_report.Path, run with { History = [.. run.History.Zip(losses, (epoch, loss) => epoch with { Loss = loss })] }, null);

        Assert.DoesNotContain("NaN", string.Concat(_report.Html().Descendants().Attributes("d").Select(d => d.Value)), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_HundredClassesAndThousandEpochs_KeepsTheReportReadable()
    {
        var classes = Enumerable.Range(0, 100).Select(i => new ClassAccuracy($"class {i}", i, 100)).ToList();
        var result = SampleReport.Result();
        result = result with { Attacks = [.. result.Attacks.Select(attack => attack with { Classes = classes })] };
        var run = SampleReport.Run();
        run = run with { History = [.. Enumerable.Range(1, 1000).Select(epoch => run.History[0] with { Epoch = epoch, Loss = 1.0 / epoch })] };

        ReportWriter.Write(_report.Path, run, SampleReport.Document(result));

        var labels = _report.Html().Descendants("div").Where(div => (string?)div.Attribute("class") == "label").Select(div => div.Value).ToList();
        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"class {i}"), labels);
        Assert.Equal(["class 99", "100", "0.990", "0.990", "0.990", "0.990"], _report.Row("class 99"));
        var epochs = _report.MarkdownRows().Where(row => row[0] == "features" && row.Length == 8).ToList();
        Assert.Equal(201, epochs.Count);
        Assert.Equal("1000", epochs[^1][1]);
    }

    [Fact]
    public void Markdown_Tables_HoldTheNumbers()
    {
        ReportWriter.Write(_report.Path, SampleReport.Run(), SampleReport.Evaluation());

        var rows = _report.MarkdownRows();
        Assert.Contains(["clean", "0.800", "0.774 to 0.824", "16 / 20", "Shirt (0.700)", "0.1"], rows);
        Assert.Contains(["worst-case", "0.550", "0.519 to 0.581", "11 / 20", "Coat (0.400)", "0.0"], rows);
        Assert.Contains(["Shirt", "10", "0.700", "0.700", "0.700", "0.700"], rows);
        Assert.Contains(["features", "1", "5.0000", "–", "–", "0.300", "0.1", "10.0"], rows);
        Assert.Contains(["head", "4", "1.0000", "0.700", "0.500", "–", "0.01", "2.0"], rows);
        Assert.Contains(["optimizer.learningRate", "0.1"], rows);
        Assert.Contains(["optimizer.nesterov", "true"], rows);
        Assert.Contains(["Epsilon", "8/255"], rows);
    }

    [Fact]
    public void ResultJson_IsTheEvaluation()
    {
        ReportWriter.Write(_report.Path, null, SampleReport.Evaluation());

        var read = JsonSerializer.Deserialize<EvaluationDocument>(File.ReadAllText(Path.Combine(_report.Path, "result.json")), AfaJson.Options)!.Results.Single();
        Assert.Equal("8/255", read.Epsilon);
        Assert.Equal(12, read.Find("pgd-20")!.Correct);
        Assert.Equal(SampleReport.Result().Examples[1].Clean, read.Examples[1].Clean);
    }
}
