using System.Xml.Linq;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>Addresses of the pages. Names stand in the query, where any of them is safe.</summary>
internal static class PageLinks
{
    public const string Overview = "/";
    public const string Runs = "/page/runs";
    public const string Run = "/page/run";
    public const string Evaluations = "/page/evaluations";
    public const string Evaluation = "/page/evaluation";
    public const string Sweeps = "/page/sweeps";
    public const string Sweep = "/page/sweep";
    public const string Federations = "/page/federations";
    public const string Federation = "/page/federation";
    public const string Leaderboard = "/page/leaderboard";
    public const string Dashboard = "/dashboard";

    public static XElement ToRun(string name) => To(Run, name);

    public static XElement ToEvaluation(string name) => To(Evaluation, name);

    public static XElement ToSweep(string name) => To(Sweep, name);

    public static XElement ToFederation(string name) => To(Federation, name);

    /// <summary>A checkpoint, with a link to its run if that is in the cluster.</summary>
    public static object ToCheckpoint(string checkpoint, ClusterView view)
    {
        var run = RunOf(checkpoint);
        return view.Runs.Any(known => known.Run == run)
            ? Tag("a", Attribute("href", Address(Run, run!)), PageText.Checkpoint(checkpoint))
            : PageText.Checkpoint(checkpoint);
    }

    /// <summary>Name of the run that a checkpoint of this name is of; null if it is of none.</summary>
    public static string? RunOf(string checkpoint) => checkpoint.Split('/') is ["runs", var run, "checkpoints", _] ? run : null;

    private static XElement To(string page, string name) => Link(Address(page, name), name);

    private static string Address(string page, string name) => $"{page}?name={Uri.EscapeDataString(name)}";
}
