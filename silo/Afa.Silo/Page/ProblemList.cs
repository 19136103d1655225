using System.Xml.Linq;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>What is wrong, and what can be done about it.</summary>
internal static class ProblemList
{
    private const int MostFailed = 8;

    /// <summary>Always there, so that a screen reader announces what comes into it; empty if all is well.</summary>
    public static XElement Create(ClusterView view)
    {
        var items = Items(view).ToList();
        return Tag(
            "section",
            Id("problems"),
            Attribute("aria-live", "polite"),
            items.Count == 0 ? null : Tag("div", Class("warnings"), Tag("h2", "What is wrong"), Tag("ul", items)));
    }

    private static IEnumerable<XElement> Items(ClusterView view)
    {
        foreach (var (problem, index) in view.Problems.Select((problem, index) => (problem, index)))
        {
            yield return Tag("li", Id($"problem-{index}"), problem);
        }

        foreach (var run in view.Runs.Where(run => run is { State: RunState.Running, Message: not null }))
        {
            yield return Tag("li", Id($"problem-run-{run.Run}"), "Run ", PageLinks.ToRun(run.Run), $" goes on: {run.Message}");
        }

        var failed = view.Runs.Where(run => run.State == RunState.Failed).Select(run => (run.CreatedAt, Item: Failed("run", PageLinks.ToRun(run.Run), run.Run, run.Message, $"afa train --resume {run.Run}")))
            .Concat(view.Evaluations.Where(evaluation => evaluation.State == RunState.Failed).Select(evaluation => (
                evaluation.CreatedAt, Item: Failed("evaluation", PageLinks.ToEvaluation(evaluation.Evaluation), evaluation.Evaluation, evaluation.Message, $"afa evaluate --resume {evaluation.Evaluation}"))))
            .Concat(view.Sweeps.Where(sweep => sweep.State == RunState.Failed).Select(sweep => (
                sweep.CreatedAt, Item: Failed("sweep", PageLinks.ToSweep(sweep.Sweep), sweep.Sweep, sweep.Message, $"afa sweep --resume {sweep.Sweep}"))))
            .Concat(view.Federations.Where(federation => federation.State == RunState.Failed).Select(federation => (
                federation.CreatedAt, Item: Failed("federation", PageLinks.ToFederation(federation.Federation), federation.Federation, federation.Message, $"afa federate --resume {federation.Federation}"))))
            .OrderByDescending(failure => failure.CreatedAt)
            .ToList();
        foreach (var (_, item) in failed.Take(MostFailed))
        {
            yield return item;
        }

        if (failed.Count > MostFailed)
        {
            yield return Tag("li", Id("problem-more"), $"{failed.Count - MostFailed} more failed earlier.");
        }
    }

    private static XElement Failed(string kind, XElement link, string name, string? message, string command) => Tag(
        "li", Id($"problem-{kind}-{name}"), $"The {kind} ", link, $" failed: {(message is null ? "no reason is known." : message)} Once the cause is mended: ", Tag("code", command));
}
