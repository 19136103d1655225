using Afa.Client.Reports;
using Afa.Data;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Federation.Aggregation;
using Afa.Grains;

namespace Afa.Client.Output;

/// <summary>Puts federations into words.</summary>
internal static class FederationText
{
    /// <summary>The strategies as their papers write them, for help.</summary>
    public static string Strategies { get; } = string.Join('|', Enum.GetValues<StrategyKind>().Select(Name));

    /// <summary>As its paper writes it, such as "fedavg".</summary>
    public static string Name(StrategyKind strategy) => StatusText.Name(strategy).Replace("-", "", StringComparison.Ordinal);

    /// <summary>What a federation is about to do.</summary>
    public static IEnumerable<(string Name, string Value)> Describe(string federation, FederationOptions options, string store) =>
        [("Federation", federation), .. Plan(options), ("Store", store)];

    /// <summary>The same, before it has a name.</summary>
    public static IEnumerable<(string Name, string Value)> Plan(FederationOptions options)
    {
        yield return ("Shards", Shards(options));
        yield return ("Rounds", Rounds(options));
        yield return ("Strategy", $"{Name(options.Strategy.Kind)}, {Rule(options.Aggregation)}");
        if (options.Attackers.Count > 0)
        {
            yield return ("Attackers", Attackers(options));
        }

        if (Privacy(options) is { } privacy)
        {
            yield return ("Privacy", privacy);
        }

        foreach (var (name, value) in TrainingSummary.Describe("", options.LocalTraining(), "").Where(line => line.Name is "Method" or "Model" or "Attack"))
        {
            yield return (name, value);
        }

        var training = options.Training;
        yield return ("Training", $"batch {training.BatchSize}, learning rate {StatusText.Number(training.Optimizer.LearningRate)} ({StatusText.Name(training.Optimizer.Schedule)}), seed {training.Seed}");
        yield return ("Judged", Judged(options));
        if (FederationWork.Of(options) is { } work)
        {
            yield return ("Work", $"about {SweepText.Passes(work.Total)} of an image through its network, {StatusText.Percent(work.Evaluation / work.Total)} of them in evaluations at most");
        }
    }

    /// <summary>Such as "dirichlet, alpha 0.5".</summary>
    public static string Split(FederationOptions options) => options.Owners.Count > 0 ? "owners' own data" : options.Partition.Kind switch
    {
        PartitionKind.Dirichlet or PartitionKind.ByQuantity => $"{StatusText.Name(options.Partition.Kind)}, alpha {StatusText.Number(options.Partition.Alpha)}",
        PartitionKind.ByClass => $"by-class, {StatusText.Count(options.Partition.ClassesEach, "class", "classes")} each",
        _ => StatusText.Name(options.Partition.Kind),
    };

    /// <summary>Such as "trimmed-mean against 2 after bucketing".</summary>
    public static string Rule(AggregationOptions options) =>
        StatusText.Name(options.Rule) + (options.Byzantine > 0 ? $" against {options.Byzantine}" : "") + (options.Before == PreAggregation.None ? "" : $" after {StatusText.Name(options.Before)}");

    /// <summary>Such as "2 of 10: sign-flip".</summary>
    public static string Attackers(FederationOptions options) =>
        options.Attackers.Count == 0 ? "none" : $"{options.Attackers.Count} of {options.Count}: {StatusText.Name(options.Attackers.Kind)}";

    public static ProgressState Progress(FederationStatus status)
    {
        var details = new List<string>();
        if (status.Doing.Length > 0)
        {
            details.Add(status.Doing);
        }

        details.AddRange(Accuracies(status));
        if (status.TimeLeft is { } left)
        {
            details.Add($"{StatusText.Duration(left)} left");
        }

        return new("federation", "round", status.Round, status.Rounds, string.Join(", ", details)) { Share = status.Share };
    }

    /// <summary>One line on a finished round.</summary>
    /// <param name="model">Its model as it was judged; null if it was not, or not yet.</param>
    public static string Round(RoundSummary round, ModelJudgment? model, FederationDocument federation)
    {
        var parts = new List<string>
        {
            $"round {round.Round}/{federation.Options.TotalRounds} ({round.Phase}): {round.Delivered.Count} of {round.Asked.Count} participants",
            $"loss {StatusText.Number(round.Loss, "0.0000")}",
        };
        parts.AddRange(model is null ? [] : Accuracies(model));
        parts.Add($"{StatusText.Number(round.Seconds, "0.0")} s");
        parts.AddRange(round.Missing.Select(missing => $"without {FederationFigures.Name(federation, missing.Participant)} ({missing.Reason})"));
        return string.Join(", ", parts);
    }

    /// <summary>One line on a model that was judged after the end of its round.</summary>
    public static string Judgment(ModelJudgment model) => string.Join(", ", Accuracies(model).Prepend($"model {FederationFigures.Name(model)} judged"));

    /// <summary>Such as "3 of 10 rounds".</summary>
    public static string Done(FederationStatus status) => $"{status.Round} of {StatusText.Count(status.Rounds, "round")}";

    private static IEnumerable<string> Accuracies(ModelJudgment model)
    {
        foreach (var attack in new[] { RobustAccuracy.Clean, RobustAccuracy.WorstCase })
        {
            if (FederationFigures.Pooled(model, attack) is { } pooled)
            {
                yield return $"{attack} {StatusText.Fraction(pooled.Accuracy)}";
            }
        }

        if (FederationFigures.Worst(model, RobustAccuracy.WorstCase) is { } worst)
        {
            yield return $"worst participant {StatusText.Fraction(worst.Accuracy)}";
        }
    }

    private static IEnumerable<string> Accuracies(FederationStatus status)
    {
        foreach (var (name, value) in new[] { ("clean", status.CleanAccuracy), ("robust", status.RobustAccuracy), ("worst participant", status.WorstParticipant) })
        {
            if (value is not null)
            {
                yield return $"{name} {StatusText.Fraction(value)}";
            }
        }
    }

    private static string Shards(FederationOptions options)
    {
        _ = DatasetRegistry.Problem(options.Training.Dataset, out var dataset);   // The folder of a finished federation may be gone.
        var data = dataset is null ? options.Training.Dataset : $"{dataset.Title} ({dataset.Name})";
        return options.Owners.Count > 0
            ? $"{string.Join(", ", options.Owners)}: each with its own {data}{(options.Training.ImageShape is { } shape ? $", {shape}" : "")}{(options.Training.TrainImages == 0 ? "" : $", up to {options.Training.TrainImages} training images")}"
            : $"{StatusText.Count(options.Count, "participant")}, {Split(options)}: {(options.Training.TrainImages == 0 ? "all" : options.Training.TrainImages)} training images of {data}{Each(options)}";
    }

    private static string Each(FederationOptions options) => FederationWork.TrainingImages(options) is not { } images
        ? ""
        : $", {(options.Partition.Kind == PartitionKind.Iid ? "about" : "on average")} {images / options.Count} each";

    private static string Rounds(FederationOptions options)
    {
        var local = options.LocalSteps > 0 ? StatusText.Count(options.LocalSteps, "local step") : StatusText.Count(options.LocalEpochs, "local epoch");
        var head = options.TotalRounds > options.Rounds ? $" and {options.HeadRounds} of the linear head" : "";
        return $"{options.Rounds}{head}, {options.PerRound} of {StatusText.Count(options.Count, "participant")} in each, {local}; quorum {StatusText.Number(options.Quorum)}, at most {StatusText.Duration(TimeSpan.FromSeconds(options.RoundSeconds))} a round";
    }

    private static string? Privacy(FederationOptions options)
    {
        var parts = new List<string>();
        if (options.Privacy.ClipNorm > 0)
        {
            parts.Add($"updates clipped to {StatusText.Number(options.Privacy.ClipNorm, "0.####")}");
        }

        if (options.Privacy.NoiseMultiplier > 0)
        {
            parts.Add($"noise of {StatusText.Number(options.Privacy.NoiseMultiplier, "0.####")} times that on the sum, delta {StatusText.Number(options.Privacy.Delta, "0.######")}");
        }

        if (options.Privacy.SecureAggregation)
        {
            parts.Add("the aggregator sees sums only");
        }

        return parts.Count == 0 ? null : string.Join(", ", parts);
    }

    private static string Judged(FederationOptions options)
    {
        var evaluation = options.Evaluation;
        var interval = evaluation.EveryRounds switch { 0 => "at the end", 1 => "after each round", var every => $"every {every} rounds and at the end" };
        var others = evaluation.Checkpoints.Count == 0 ? "" : $"; also {StatusText.Count(evaluation.Checkpoints.Count, "other checkpoint")}";
        return $"{interval} under {EvaluationText.Attacks(new EvaluationOptions { Attacks = evaluation.Attacks })}, up to {StatusText.Count(evaluation.Images, "test image")} of each participant; no count below {evaluation.MinimumCount} leaves{others}";
    }
}
