using System.Xml.Linq;
using Afa.Silo.Page;
using Xunit;

namespace Afa.Tests.Silo.Page;

public sealed class CurveChartTests
{
    [Fact]
    public void Create_Points_StandWhereTheAxesSay()
    {
        // The axes leave 54 to the left, 16 to the right, 12 above and 44 below, of 480 x 250: 410 x 194 for the curve.
        var chart = Chart([(0, 0), (5, 0.5), (10, 1)])!;

        Assert.Equal("54,206 259,109 464,12", chart.Descendants().Single(element => element.Name.LocalName == "polyline").Attribute("points")!.Value);
        Assert.Equal(["0", "0.2", "0.4", "0.6", "0.8", "1"], Labels(chart, anchor: "end"));
        Assert.Equal(["0", "2", "4", "6", "8", "10", "epochs"], Labels(chart, anchor: "middle"));
        Assert.Contains("at the end: loss 1", chart.Descendants().Attributes("aria-label").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_ValuesThatAreNotFinite_AreLeftOut() =>
        Assert.Equal("54,206 464,12", Chart([(0, 0), (2, double.NaN), (3, double.PositiveInfinity), (10, 1)])!.Descendants().Single(element => element.Name.LocalName == "polyline").Attribute("points")!.Value);

    [Fact]
    public void Create_NoValue_IsNoChart() => Assert.Null(Chart([(0, double.NaN)]));

    [Fact]
    public void Create_OneValue_IsAPointInTheMiddle()
    {
        var chart = CurveChart.Create("Loss", "epochs", [new Curve("loss", [[(1, 3)]])], (0, 2), y: null, [])!;

        var point = chart.Descendants().Single(element => element.Name.LocalName == "circle");
        Assert.Equal(("259", "109"), (point.Attribute("cx")!.Value, point.Attribute("cy")!.Value));
    }

    private static XElement? Chart((double, double)[] points) => CurveChart.Create("Loss", "epochs", [new Curve("loss", [points])], (0, 10), (0, 1), []);

    private static IEnumerable<string> Labels(XElement chart, string anchor) =>
        chart.Descendants().Where(element => element.Name.LocalName == "text" && element.Attribute("text-anchor")!.Value == anchor).Select(element => element.Value);
}
