using System.Xml.Linq;
using Afa.Grains;
using Afa.Silo.Page;
using Xunit;

namespace Afa.Tests.Silo.Page;

/// <summary>The pages, read as XML, which they are by construction.</summary>
public sealed class PageTests
{
    private const string Name = SampleView.Hostile;

    private static readonly Dictionary<string, Func<ClusterView, string>> s_pages = new()
    {
        ["overview"] = view => OverviewPage.Create(view, SampleView.Identity),
        ["runs"] = view => ListPages.Runs(view, SampleView.Identity),
        ["evaluations"] = view => ListPages.Evaluations(view, SampleView.Identity),
        ["sweeps"] = view => ListPages.Sweeps(view, SampleView.Identity),
        ["leaderboard"] = view => ListPages.Leaderboard(view, SampleView.Identity),
        ["run"] = view => RunPage.Create(view.Runs[0], view, SampleView.Identity),
        ["failed run"] = view => RunPage.Create(view.Runs[1], view, SampleView.Identity),
        ["evaluation"] = view => EvaluationPage.Create(view.Evaluations[0], view, SampleView.Identity),
        ["result"] = view => EvaluationPage.Create(view.Evaluations[1], view, SampleView.Identity),
        ["sweep"] = view => SweepPage.Create(view.Sweeps[0], view, SampleView.Identity),
        ["federations"] = view => ListPages.Federations(view, SampleView.Identity),
        ["federation"] = view => FederationPage.Create(view.Federations[0], view, SampleView.Identity),
        ["missing"] = view => MissingPage.Create(view, SampleView.Identity),
    };

    public static TheoryData<string> Pages => [.. s_pages.Keys];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Create_HostileNames_StayText(string page)
    {
        var html = s_pages[page](SampleView.Of(Name));
        var document = XDocument.Parse(html);

        Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
        Assert.Equal([PageAssets.Script.Address], document.Descendants("script").Select(script => script.Attribute("src")!.Value));
        Assert.Empty(document.Descendants("img"));
        Assert.DoesNotContain(document.Descendants().Attributes(), attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || attribute.Name == "style");
        Assert.Contains(SampleView.HostileShown, document.Root!.Value, StringComparison.Ordinal);
        Assert.All(document.Descendants("a"), link => Assert.StartsWith("/", link.Attribute("href")!.Value, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Create_AnyPage_HasWhatScreenReadersAndTheScriptNeed(string page)
    {
        var document = XDocument.Parse(s_pages[page](SampleView.Of("mine")));

        Assert.Single(document.Descendants("main"));
        Assert.Single(document.Descendants("h1"));
        var ids = document.Descendants().Attributes("id").Select(id => id.Value).ToList();
        Assert.Equal(ids.Distinct(), ids);   // The script tells parts apart by them.
        Assert.All(document.Descendants("table"), table =>
        {
            Assert.NotEmpty(table.Element("caption")!.Value);
            Assert.All(table.Descendants("th"), header => Assert.True(header.Attribute("scope")!.Value is "col" or "row"));
            Assert.All(table.Descendants("tr"), row => Assert.Equal(table.Descendants("tr").First().Elements().Count(), row.Elements().Count()));
        });
        Assert.All(document.Descendants("progress"), bar => Assert.NotEmpty(bar.Attribute("aria-label")!.Value));
        Assert.Equal("5", document.Descendants("noscript").Single().Element("meta")!.Attribute("content")!.Value);
    }

    [Fact]
    public void Overview_OfAnEmptyCluster_SaysHowToStartARun()
    {
        var text = Text(OverviewPage.Create(SampleView.Empty, SampleView.Identity));

        Assert.Contains("Nothing has run here yet", text, StringComparison.Ordinal);
        Assert.Contains("afa train --cluster 127.0.0.1:30000", text, StringComparison.Ordinal);
        Assert.DoesNotContain("What is wrong", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Overview_RunAtWork_ShowsHowFarItIs()
    {
        var page = XDocument.Parse(OverviewPage.Create(SampleView.Of("mine"), SampleView.Identity));

        var cells = page.Descendants("tr").Single(row => row.Attribute("id")?.Value == "runs-mine").Elements().Select(cell => cell.Value).ToList();

        // Step 25 of 100 in the second of four epochs; the accuracies are those of the first epoch, which has ended; created five minutes ago.
        Assert.Equal(["mine", "running", "mine", "mine", "25 %training, epoch 2/4, step 25/100", "123", "1:05", "1.2500", "0.500", "0.250", "5 min ago"], cells);
        Assert.Equal("0.25", page.Descendants("progress").First().Attribute("value")!.Value);
        Assert.Equal("2026-11-25 11:55:00 UTC", page.Descendants("time").First().Attribute("title")!.Value);
    }

    [Fact]
    public void Overview_SomethingIsWrong_NamesReasonsAndWhatToDo()
    {
        var problems = XDocument.Parse(OverviewPage.Create(SampleView.Of("mine"), SampleView.Identity))
            .Descendants("section").Single(section => section.Attribute("id")?.Value == "problems").Descendants("li").Select(item => item.Value).ToList();

        Assert.Equal(
            [
                "mine",
                "The federation mine-failed failed: mine-failed Once the cause is mended: afa federate --resume mine-failed",
                "The run mine-failed failed: Out of patience: mine Once the cause is mended: afa train --resume mine-failed",
            ],
            problems);
    }

    [Fact]
    public void Overview_ManyRuns_ShowsThoseAtWorkFirst()
    {
        var completed = Enumerable.Range(0, 30).Select(i => SampleView.Run($"done-{i}") with { State = RunState.Completed });
        var view = SampleView.Empty with { Runs = [.. completed, SampleView.Run("mine")] };

        var rows = XDocument.Parse(OverviewPage.Create(view, SampleView.Identity)).Descendants("tr").Select(row => row.Attribute("id")?.Value).Where(id => id?.StartsWith("runs-", StringComparison.Ordinal) == true).ToList();

        Assert.Equal(12, rows.Count);
        Assert.Equal("runs-mine", rows[0]);
        Assert.Contains("All 31", OverviewPage.Create(view, SampleView.Identity), StringComparison.Ordinal);
    }

    [Fact]
    public void Overview_DeviceSlots_AreDrawnAndCounted()
    {
        var row = XDocument.Parse(OverviewPage.Create(SampleView.Of("mine"), SampleView.Identity)).Descendants("tr").Single(row => row.Attribute("id")?.Value == $"silos-{SampleView.Identity.Silo}");

        Assert.Contains("1 of 2 busy", row.Value, StringComparison.Ordinal);
        Assert.Equal(["slot busy", "slot"], row.Descendants("span").Select(span => span.Attribute("class")!.Value).Where(name => name.Split(' ')[0] == "slot"));
    }

    [Fact]
    public void Run_PhasesOfTwoKinds_AreDrawnApart()
    {
        var run = SampleView.Run("mine") with
        {
            History = [SampleView.Epoch(1, 5) with { Phase = "features" }, SampleView.Epoch(2, 4) with { Phase = "features" }, SampleView.Epoch(3, 1) with { Phase = "head" }, SampleView.Epoch(4, 0.5) with { Phase = "head" }],
            LossTrail = null,
        };

        var loss = XDocument.Parse(RunPage.Create(run, SampleView.Empty with { Runs = [run] }, SampleView.Identity)).Descendants("figure").First();

        Assert.Equal(2, loss.Descendants().Count(element => element.Name.LocalName == "polyline"));
        Assert.Contains("head", loss.Descendants().Where(element => element.Name.LocalName == "text").Select(text => text.Value));
    }

    private static string Text(string html) => XDocument.Parse(html).Root!.Value;
}
