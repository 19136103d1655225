using System.Text.Json;
using System.Xml.Linq;
using Afa.Client.Reports;
using Afa.Evaluation.Features;
using Afa.Training;
using Xunit;

namespace Afa.Client.Tests.Reports;

public sealed class FeatureReportTests : IDisposable
{
    private static readonly string[] s_two = ["runs/a/checkpoints/step-1", "runs/b/checkpoints/step-2"];

    private readonly ReportFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Report_OfAnEvaluation_ShowsEachFigureCleanAndAdversarialWithItsMeaning()
    {
        ReportWriter.Write(_folder.Path, SampleReport.Run(), SampleReport.Evaluation(), SampleFeatures.Document("tuesday/epoch-5"));

        Assert.Equal(["Misaligned", "0.250", "1.000", "lower", "Share of images nearer to the centroid of another class than to their own's."], _folder.Row("Misaligned"));
        Assert.Equal(["1.000", "0.875"], _folder.Row("Errors if misaligned")[1..3]);
        Assert.Equal(["0.000", "–"], _folder.Row("Errors if aligned")[1..3]);
        Assert.Equal(["–", "0.333"], _folder.Row("Shift")[1..3]);
        Assert.Equal(["–", "61.5"], _folder.Row("Lipschitz, logits")[1..3]);
        Assert.Contains(_folder.MarkdownRows(), row => row is ["Uniformity", "-1.50", "-2.50", "lower", _]);
    }

    [Fact]
    public void Report_OfARunWithFeatures_DoesNotSayThatNoAttackRan()
    {
        ReportWriter.Write(_folder.Path, SampleReport.Run(), evaluation: null, SampleFeatures.Document("tuesday/epoch-5"));

        Assert.DoesNotContain("No attack has run", _folder.HtmlText(), StringComparison.Ordinal);
        Assert.Contains("gradient masking is not ruled out", _folder.Markdown(), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ReportWriter.Write(_folder.Path, SampleReport.Run(), evaluation: null, new FeatureDocument { Analyses = [] }));
    }

    [Fact]
    public void Report_OfSeveral_HasARowForEachCheckpointAndBothProjections()
    {
        FeatureReport.Write(_folder.Path, SampleFeatures.Document(s_two));

        Assert.Equal(["b/step-2", "0.750 / 0.125", "0.250 / 1.000", "1.000 / 0.875", "0.000 / –", "0.400 / -0.300"], _folder.Row("b/step-2"));
        Assert.Equal(2, _folder.MarkdownRows().Count(row => row[0] == "a/step-1" && row[1] is "0.750 / 0.125" or "0.500 / 1.250"));
        Assert.Equal(4, _folder.Html().Descendants("figure").Count());
        Assert.Contains(_folder.MarkdownRows(), row => row is ["Centroid margin", "higher", _]);
    }

    [Fact]
    public void Projection_CleanAndAdversarial_ShareTheScale()
    {
        FeatureReport.Write(_folder.Path, SampleFeatures.Document("one"));

        // Both sets together reach from -1 to 1, so the first shirt, at (-1, 0) when clean, and the first coat, there when adversarial, have the same place.
        var panels = _folder.Html().Descendants("figure").ToList();
        var (shirt, coat) = (FirstMark(panels[0], sign: 0), FirstMark(panels[1], sign: 1));
        Assert.Equal(shirt, coat);
        Assert.NotEqual(shirt, FirstMark(panels[1], sign: 0));
        Assert.Contains("across: 60 % of the clean variance, up: 30 %", panels[0].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Projection_ManyClasses_DrawsThoseThatCanBeToldApart()
    {
        var analysis = SampleFeatures.Analysis("one");
        int[] labels = [.. Enumerable.Range(0, 12)];
        double[] coordinates = [.. labels.SelectMany(label => new double[] { label, -label })];
        var projection = new FeatureProjection([0.5, 0.5], [.. labels.Select(label => $"class {label}")], labels, coordinates, coordinates);
        FeatureReport.Write(_folder.Path, new() { Analyses = [analysis with { Space = analysis.Space with { Projection = projection } }] });

        var html = _folder.HtmlText();
        Assert.Contains("class 9", html, StringComparison.Ordinal);
        Assert.DoesNotContain("class 10", html, StringComparison.Ordinal);
        Assert.Contains("The first 10 of 12 classes.", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Projection_ClassWithoutAnImageAmongThoseThatAreDrawn_IsLeftOut()
    {
        var analysis = SampleFeatures.Analysis("one");
        int[] labels = [.. Enumerable.Repeat(0, 2000), 1];
        var coordinates = new double[2 * labels.Length];
        var projection = new FeatureProjection([0.5, 0.5], ["early", "late"], labels, coordinates, coordinates);
        FeatureReport.Write(_folder.Path, new() { Analyses = [analysis with { Space = analysis.Space with { Projection = projection } }] });

        Assert.Contains("early", _folder.HtmlText(), StringComparison.Ordinal);
        Assert.DoesNotContain("late<", _folder.HtmlText(), StringComparison.Ordinal);
        Assert.Equal(1, _folder.Html().Descendants("figure").First().Descendants().Count(element => (string?)element.Attribute("class") == "points"));
    }

    [Fact]
    public void Projection_ThatDoesNotFitItsLabels_IsRefused()
    {
        var analysis = SampleFeatures.Analysis("one");
        var broken = analysis with { Space = analysis.Space with { Projection = analysis.Space.Projection with { Clean = [1, 2] } } };

        var error = Assert.Throws<ArgumentException>(() => FeatureReport.Write(_folder.Path, new() { Analyses = [broken] }));

        Assert.Contains("two coordinates for each of 4 labels", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => FeatureReport.Write(_folder.Path, new() { Analyses = [] }));
    }

    [Fact]
    public void FeaturesFile_ReadBack_GivesTheSameReport()
    {
        FeatureReport.Write(_folder.Path, SampleFeatures.Document(s_two));
        var first = _folder.HtmlText();

        FeatureReport.Write(_folder.Path, JsonSerializer.Deserialize<FeatureDocument>(_folder.Text("features.json"), AfaJson.Options)!);

        Assert.Equal(first, _folder.HtmlText());
    }

    /// <summary>Where the path of small marks starts.</summary>
    private static string FirstMark(XElement panel, int sign)
    {
        var paths = panel.Descendants().Where(element => (string?)element.Attribute("class") == "points").ToList();
        return ((string)paths[sign].Attribute("d")!).Split('a')[0];
    }
}
