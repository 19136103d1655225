using Afa.Data;
using Afa.Models;
using Afa.Training;
using Afa.Training.Methods;

namespace Afa.Client.Output;

/// <summary>Says what a training run is about to use.</summary>
internal static class TrainingSummary
{
    public static IEnumerable<(string Name, string Value)> Describe(string run, TrainingOptions options, string store)
    {
        _ = DatasetRegistry.Problem(options.Dataset, out var dataset);   // The folder of a finished run may be gone.
        yield return ("Run", run);
        yield return ("Method", Method(options));
        yield return ("Data", $"{(dataset is null ? options.Dataset : $"{dataset.Title} ({dataset.Name})")}, {(options.TrainImages == 0 ? "all" : options.TrainImages)} training images");
        yield return ("Model", $"{options.Model}: {ModelRegistry.Describe(options.Model)}{Scale(options)}");
        if (options.Generated.Path is { } generated)
        {
            yield return ("Generated", $"{StatusText.Percent(options.Generated.Fraction)} of each batch from {generated}");
        }

        if (TrainingMethods.Get(options.Method).Attacks)
        {
            yield return ("Attack", $"{StatusText.Name(options.Attack.Norm)}, epsilon {Epsilon(options, dataset)}, {Attack(options)} in training{WeightPerturbation(options)}");
        }

        yield return ("Training",
            $"{StatusText.Count(options.Epochs, "epoch")}, batch {options.BatchSize}, learning rate {StatusText.Number(options.Optimizer.LearningRate)} ({StatusText.Name(options.Optimizer.Schedule)}), " +
            $"{(options.Elastic ? "up to " : "")}{StatusText.Count(options.Trainers, "trainer")} on {StatusText.Count(options.Shards, "shard")}, seed {options.Seed}");
        if (options.WeightAverage > 0)
        {
            yield return ("Average", $"moving average of the weights, decay {StatusText.Number(options.WeightAverage, "0.######")}, which is what gets evaluated");
        }

        if (options.Validation.Images > 0)
        {
            yield return ("Validation", Validation(options.Validation));
        }

        yield return ("Store", store);
    }

    /// <summary>A radius as people write it: in 255ths where that is exact.</summary>
    public static string Radius(double epsilon)
    {
        var levels = epsilon * 255;
        return Math.Abs(levels - Math.Round(levels)) < 1e-9 ? $"{Math.Round(levels)}/255" : StatusText.Number(epsilon, "0.####");
    }

    private static string Method(TrainingOptions options)
    {
        var name = StatusText.Name(options.Method);
        var head = $"then a linear head: {StatusText.Count(options.Head.Epochs, "epoch")} on {StatusText.Name(options.Head.Images)} images, features {StatusText.Name(options.Head.Scope)}";
        return options.Method switch
        {
            TrainingMethod.Afa => $"{name}: Adversarial Feature Alignment (τ {StatusText.Number(options.Afa.Temperature)}), {head}",
            TrainingMethod.Supcon => $"{name}: supervised contrastive loss (τ {StatusText.Number(options.SupconTemperature)}), {head}",
            TrainingMethod.AfaTrades =>
                $"{name}: TRADES (β {StatusText.Number(options.TradesBeta)}) with Adversarial Feature Alignment " +
                $"(weight {StatusText.Number(options.AfaWeight)}, τ {StatusText.Number(options.Afa.Temperature)})",
            TrainingMethod.Trades => $"{name}: TRADES (β {StatusText.Number(options.TradesBeta)})",
            TrainingMethod.Mart => $"{name}: MART (β {StatusText.Number(options.MartBeta)})",
            _ => $"{name}: {TrainingMethods.Get(options.Method).Description}",
        };
    }

    private static string Validation(ValidationOptions options)
    {
        var interval = options.EveryEpochs == 1 ? "after each epoch" : $"every {options.EveryEpochs} epochs";
        var patience = options.Patience > 0 ? $", patience {StatusText.Count(options.Patience, "epoch")}" : "";
        return $"{StatusText.Count(options.Images, "held-out training image")}, PGD-{options.Steps} on the margin, {interval}{patience}; the best epoch is evaluated";
    }

    private static string Attack(TrainingOptions options) => options.Method switch
    {
        TrainingMethod.FastAt => "1 step of 1.25 epsilon",
        TrainingMethod.FreeAt => $"{StatusText.Count(options.FreeReplays, "replay")} of each batch",
        _ => StatusText.Count(options.Attack.Steps, "step"),
    };

    private static string WeightPerturbation(TrainingOptions options) =>
        options.AwpGamma > 0 ? $"; weights perturbed by {StatusText.Number(options.AwpGamma, "0.#####")} of their norm" : "";

    private static string Scale(TrainingOptions options)
    {
        var width = options.ModelWidth == 1 ? "" : $"; width × {StatusText.Number(options.ModelWidth)}";
        return options.ModelDepth is { } depth ? $"{width}; depth {depth}" : width;
    }

    private static string Epsilon(TrainingOptions options, DatasetDescription? dataset) =>
        options.Attack.Epsilon ?? (dataset is null ? "usual for the data set" : $"{Radius(options.AttackEpsilon())} (usual for {dataset.Title})");
}
