using Afa.Attacks;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Evaluation;

namespace Afa.Grains;

/// <summary>What evaluation options mean for their checkpoint: nothing is left open.</summary>
internal sealed record EvaluationContext(EvaluationOptions Options, DatasetDescription Dataset, string EpsilonText, double Epsilon)
{
    /// <summary>Fills in what the options leave to the checkpoint and to the data set.</summary>
    /// <exception cref="ArgumentException">The checkpoint's model does not fit the data set.</exception>
    public static EvaluationContext Create(EvaluationOptions options, CheckpointState checkpoint)
    {
        var trainedOn = checkpoint.Options is { } json && json.TryGetProperty("dataset", out var name) ? name.GetString() : null;
        var dataset = DatasetRegistry.Get(options.Dataset ?? trainedOn ?? throw new ArgumentException($"The checkpoint '{options.Checkpoint}' does not say what it was trained on; name a data set."));
        var model = checkpoint.ModelOptions;
        if ((model.Channels, model.Height, model.Width, model.Classes) != (dataset.Channels, dataset.Height, dataset.Width, dataset.Classes))
        {
            throw new ArgumentException(
                $"The checkpoint '{options.Checkpoint}' takes [{model.Channels}, {model.Height}, {model.Width}] images of {model.Classes} classes, but {dataset.Title} has " +
                $"[{dataset.Channels}, {dataset.Height}, {dataset.Width}] images of {dataset.Classes} classes. Choose the data set that it was trained on.");
        }

        var text = options.Epsilon ?? Radius.Format(dataset.RecommendedEpsilon);
        return Radius.TryParse(text, out var epsilon)
            ? new EvaluationContext(options, dataset, text, epsilon)
            : throw new ArgumentException($"Epsilon must be a decimal or a fraction greater than 0, not '{text}'.");
    }
}
