using System.Text.RegularExpressions;
using Xunit;

namespace Afa.Tests.Silo.Telemetry;

public sealed partial class DashboardTests
{
    private static IEnumerable<DashboardPanel> Panels => Dashboard.All.SelectMany(dashboard => dashboard.Panels).Where(panel => !panel.IsRow);

    [Fact]
    public void Dashboards_AreThoseOfTheDesign_AndCanBeToldApart()
    {
        Assert.Equal(["cluster", "evaluation", "federation", "training"], Dashboard.All.Select(dashboard => dashboard.Name));
        Assert.Distinct(Dashboard.All.Select(dashboard => dashboard.Identity));
        Assert.All(Dashboard.All, dashboard => Assert.Distinct(dashboard.Panels.Select(panel => panel.Id)));
    }

    [Fact]
    public void Panels_LieOnTheGridWithoutOverlap_BelowTheHeadingOfTheirRow()
    {
        foreach (var dashboard in Dashboard.All)
        {
            var taken = new HashSet<(int, int)>();
            foreach (var panel in dashboard.Panels)
            {
                var (x, y, width, height) = panel.Place;
                Assert.True(x >= 0 && width > 0 && height > 0 && x + width <= 24, $"{panel} does not fit: {panel.Place}");
                Assert.All(
                    Enumerable.Range(x, width).SelectMany(column => Enumerable.Range(y, height).Select(line => (column, line))),
                    cell => Assert.True(taken.Add(cell), $"{panel} overlaps another at {cell}."));
            }

            Assert.Equal(dashboard.Panels.OrderBy(panel => (panel.Place.Y, panel.Place.X)), dashboard.Panels);
            Assert.True(dashboard.Panels[0].IsRow);
        }
    }

    [Fact]
    public void Panels_SayWhatTheyShow()
    {
        Assert.All(Panels, panel => Assert.True(
            panel.Title.Length > 3 && panel.Description.Length > 20 && panel.Unit.Length > 0 && panel.Queries.Any() && panel.Legends.All(legend => legend.Length > 0), $"{panel}"));
        Assert.All(Panels, panel => Assert.All(panel.DataSources, source => Assert.Equal("${datasource}", source)));
    }

    [Fact]
    public void Queries_UseOnlyVariablesOfTheirDashboard_AndEveryVariableIsUsed()
    {
        foreach (var dashboard in Dashboard.All)
        {
            var used = dashboard.Panels.SelectMany(panel => panel.Queries).SelectMany(query => VariablePattern().Matches(query)).Select(match => match.Groups[1].Value).ToHashSet();
            Assert.Equal(dashboard.Variables.Append("__rate_interval").Except(["datasource"]).Order(), used.Order());
        }
    }

    [GeneratedRegex(@"\$(\w+)")]
    private static partial Regex VariablePattern();
}
