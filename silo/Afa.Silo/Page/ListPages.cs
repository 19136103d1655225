using System.Xml.Linq;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>Pages that list all of one kind.</summary>
internal static class ListPages
{
    private const int MostRows = 1000;

    public static string Runs(ClusterView view, PageIdentity identity) => PageFrame.Create(
        "Runs", identity, view, ProblemList.Create(view), view.Runs.Count == 0 ? Tag("p", "There is no run.") : RunTable.Create(view.Runs.Take(MostRows), view.ReadAt), Rest(view.Runs.Count));

    public static string Evaluations(ClusterView view, PageIdentity identity) => PageFrame.Create(
        "Evaluations",
        identity,
        view,
        ProblemList.Create(view),
        view.Evaluations.Count == 0 ? Tag("p", "There is no evaluation.") : EvaluationTable.Create(view.Evaluations.Take(MostRows), view),
        Rest(view.Evaluations.Count));

    public static string Sweeps(ClusterView view, PageIdentity identity) => PageFrame.Create(
        "Sweeps", identity, view, ProblemList.Create(view), view.Sweeps.Count == 0 ? Tag("p", "There is no sweep.") : SweepTable.Create(view.Sweeps.Take(MostRows), view), Rest(view.Sweeps.Count));

    public static string Federations(ClusterView view, PageIdentity identity) => PageFrame.Create(
        "Federations",
        identity,
        view,
        ProblemList.Create(view),
        view.Federations.Count == 0 ? Tag("p", "There is no federation.") : FederationTable.Create(view.Federations.Take(MostRows), view.ReadAt),
        Rest(view.Federations.Count));

    public static string Leaderboard(ClusterView view, PageIdentity identity) => PageFrame.Create(
        "Leaderboard",
        identity,
        view,
        ProblemList.Create(view),
        view.Leaderboard.Count == 0
            ? Tag("p", "No evaluation is complete.")
            : Tag("p", "Accuracies are fractions in [0, 1]. Where intervals overlap, or the numbers of images differ, the order means little."),
        LeaderboardTables.Create(view, MostRows));

    private static XElement? Rest(int count) => count > MostRows ? Tag("p", Class("note"), $"The newest {MostRows} of {count}.") : null;
}
