using System.Xml.Linq;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>The first page: what is at work, what is wrong, and the newest of everything.</summary>
internal static class OverviewPage
{
    private const int MostRows = 12;
    private const int MostRanked = 5;

    public static string Create(ClusterView view, PageIdentity identity) => PageFrame.Create(
        "What the cluster does",
        identity,
        view,
        ProblemList.Create(view),
        view.IsEmpty ? FirstSteps(identity) : null,
        Part("runs", "Runs", PageLinks.Runs, view.Runs, run => run.State, runs => RunTable.Create(runs, view.ReadAt)),
        Part("evaluations", "Evaluations", PageLinks.Evaluations, view.Evaluations, evaluation => evaluation.State, evaluations => EvaluationTable.Create(evaluations, view)),
        Part("sweeps", "Sweeps", PageLinks.Sweeps, view.Sweeps, sweep => sweep.State, sweeps => SweepTable.Create(sweeps, view)),
        Part("federations", "Federations", PageLinks.Federations, view.Federations, federation => federation.State, federations => FederationTable.Create(federations, view.ReadAt)),
        view.Leaderboard.Count == 0 ? null : PageFrame.Section("leaderboard", "Leaderboard", LeaderboardTables.Create(view, MostRanked), Link(PageLinks.Leaderboard, "The whole leaderboard")),
        view.Silos.Count == 0 ? null : PageFrame.Section("silos", "Device slots", SiloTable.Create(view, identity.Silo)));

    /// <summary>Those at work first, then the newest.</summary>
    private static XElement? Part<T>(string id, string title, string address, IReadOnlyList<T> all, Func<T, RunState> stateOf, Func<IEnumerable<T>, XElement> create) => all.Count == 0 ? null : PageFrame.Section(
        id,
        title,
        create(all.OrderByDescending(one => Progress.IsAtWork(stateOf(one))).Take(MostRows)),
        all.Count > MostRows ? Link(address, $"All {all.Count}") : null);

    private static XElement FirstSteps(PageIdentity identity) => Tag(
        "section",
        Id("first-steps"),
        Tag("h2", "Nothing has run here yet"),
        Tag("p", "Start a training from another terminal; it appears here by itself:"),
        Tag("pre", Tag("code", $"afa train --cluster {identity.Gateway}")),
        Tag("p", "Then attack what it has trained:"),
        Tag("pre", Tag("code", $"afa evaluate --attack autoattack --cluster {identity.Gateway} RUN")));
}
