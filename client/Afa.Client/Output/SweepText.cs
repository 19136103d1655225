using Afa.Evaluation;
using Afa.Grains;
using Afa.Sweeps;

namespace Afa.Client.Output;

/// <summary>Puts sweeps into words.</summary>
internal static class SweepText
{
    private const int MostLines = 12;
    private const int MostPoints = 6;

    /// <summary>What a sweep is about to do.</summary>
    public static IEnumerable<(string Name, string Value)> Describe(string sweep, SweepPlan plan, string store)
    {
        var first = plan.Trials[0];
        var seeds = plan.Trials.Select(trial => trial.Training.Seed).Distinct().ToList();
        yield return ("Sweep", sweep);
        yield return ("Points", $"{plan.Points.Count}: {string.Join(", ", plan.Points.Take(MostPoints).Select(point => point.Name))}{(plan.Points.Count > MostPoints ? ", ..." : "")}");
        yield return ("Varied", plan.Varied.Count == 0 ? "nothing beyond variants and seeds" : string.Join(", ", plan.Varied));
        yield return ("Trials", $"{plan.Trials.Count}, {(seeds.Count == 1 ? "seed" : "seeds")} {string.Join(", ", seeds)}");
        yield return ("Evaluation", $"{EvaluationText.Attacks(first.Evaluation)} on {StatusText.Count(first.Evaluation.Images, "test image")}");
        yield return ("Work", Work(plan));
        yield return ("Store", store);
    }

    public static ProgressState Progress(SweepStatus status)
    {
        var details = new List<string>();
        Add(Count(status, SweepTrialState.Training) + Count(status, SweepTrialState.Evaluating), "running");
        Add(Count(status, SweepTrialState.Waiting), "waiting");
        Add(Count(status, SweepTrialState.Failed), "failed");
        if (status.TimeLeft is { } left)
        {
            details.Add($"{StatusText.Duration(left)} left");
        }

        var working = status.Trials.Where(trial => trial.State is SweepTrialState.Training or SweepTrialState.Evaluating && trial.Doing.Length > 0).ToList();
        return new("sweep", "trial", Count(status, SweepTrialState.Completed), status.Trials.Count, string.Join(", ", details))
        {
            Share = status.Share,
            Lines = [.. working.Take(MostLines).Select(trial => (trial.Trial, $"{trial.Doing}, {StatusText.Percent(trial.Share)}"))],
        };

        void Add(int count, string what)
        {
            if (count > 0)
            {
                details.Add($"{count} {what}");
            }
        }
    }

    /// <summary>One line on a trial that has ended.</summary>
    /// <param name="position">Such as "3/12".</param>
    public static string Ended(SweepTrialReport trial, string position)
    {
        if (trial.Result is not { } result)
        {
            return $"trial {position} {trial.Name} failed: {trial.Failure}";
        }

        var radii = result.Accuracies.Select(accuracy => accuracy.Epsilon).Distinct().Count();
        var figures = result.Accuracies.Where(accuracy => accuracy.Attack is RobustAccuracy.Clean or RobustAccuracy.WorstCase)
            .Select(accuracy => $"{accuracy.Attack}{(radii > 1 ? $" at {accuracy.Epsilon}" : "")} {StatusText.Fraction((double)accuracy.Correct / accuracy.Total)}");
        return $"trial {position} {trial.Name}: {string.Join(", ", figures)}; trained in {StatusText.Duration(TimeSpan.FromSeconds(result.TrainingSeconds))}";
    }

    /// <summary>How many trials are in a state.</summary>
    public static int Count(SweepStatus status, SweepTrialState state) => status.Trials.Count(trial => trial.State == state);

    /// <summary>How many trials have ended and how, such as "3 of 12 trials, 1 failed".</summary>
    public static string Done(SweepStatus status)
    {
        var failed = Count(status, SweepTrialState.Failed);
        return $"{Count(status, SweepTrialState.Completed)} of {StatusText.Count(status.Trials.Count, "trial")}{(failed > 0 ? $", {failed} failed" : "")}";
    }

    /// <summary>Such as "120 million passes".</summary>
    public static string Passes(double passes) => passes switch
    {
        >= 1e9 => $"{StatusText.Number(passes / 1e9, "0.0")} billion passes",
        >= 1e6 => $"{StatusText.Number(passes / 1e6, "0.0")} million passes",
        _ => $"{StatusText.Number(passes / 1e3, "0.0")} thousand passes",
    };

    /// <summary>How much the whole sweep has to do.</summary>
    public static string Work(SweepPlan plan)
    {
        var work = plan.Trials.Select(TrialWork.Of).ToList();
        var all = work.Sum(trial => trial.Total);
        return $"about {Passes(all)} of an image through its network, {StatusText.Percent(work.Sum(trial => trial.Evaluation) / all)} of them in evaluations at most";
    }
}
