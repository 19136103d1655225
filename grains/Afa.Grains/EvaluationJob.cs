using System.ComponentModel.DataAnnotations;
using Afa.Attacks;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Evaluation;

namespace Afa.Grains;

/// <summary>What evaluation options mean: nothing is left open.</summary>
internal sealed record EvaluationJob(EvaluationOptions Options, DatasetDescription Dataset, IReadOnlyList<AttackCascade> Cascades, IReadOnlyList<double> Epsilons)
{
    /// <summary>Reads options that leave nothing open.</summary>
    public static EvaluationJob Of(EvaluationOptions options) => new(
        options,
        DatasetRegistry.Get(options.Dataset!),
        AttackCascade.Parse(options.Attacks, options.Norm),
        [.. options.Epsilons.Select(text => Radius.TryParse(text, out var radius) ? radius : throw new ArgumentException($"Epsilon {Radius.Problem(text, options.Norm)}."))]);

    /// <summary>Fills in what options leave to the checkpoints and to the data set, and checks what can be checked before work starts.</summary>
    /// <exception cref="ArgumentException">A checkpoint's model does not fit the data set or an attack; the message says how.</exception>
    /// <exception cref="FileNotFoundException">A checkpoint does not exist.</exception>
    public static async Task<(EvaluationJob Job, IReadOnlyList<EvaluatedCheckpoint> Checkpoints)> CreateAsync(EvaluationOptions options, CheckpointStore checkpoints)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        if (options.Checkpoints.Count == 0)
        {
            throw new ArgumentException("An evaluation needs at least one checkpoint; none was given.");
        }

        var states = new List<(string Name, CheckpointState State)>();
        foreach (var name in options.Checkpoints.Distinct())
        {
            states.Add((name, await checkpoints.LoadStateAsync(name)));
        }

        var datasetName = options.Dataset ?? TrainedOn(states[0].State)
            ?? throw new ArgumentException($"The checkpoint '{states[0].Name}' does not say what it was trained on; name a data set.");
        var dataset = DatasetRegistry.Get(datasetName);
        var job = Of(options with
        {
            Checkpoints = [.. states.Select(checkpoint => checkpoint.Name)],
            Dataset = datasetName,
            Attacks = AttackFit.Expand(options.Attacks, dataset),
            Epsilons = options.Epsilons.Count > 0 ? [.. options.Epsilons.Distinct()] : [Radius.Format(dataset.RecommendedEpsilon)],
        });

        foreach (var source in job.Cascades.SelectMany(cascade => cascade.Stages).Select(stage => stage.Description.SourceCheckpoint).OfType<string>().Distinct())
        {
            states.Add((source, await checkpoints.LoadStateAsync(source)));
        }

        foreach (var (name, state) in states)
        {
            RequireFit(name, state, dataset);
        }

        if (AttackFit.Problems(job.Cascades, dataset).FirstOrDefault() is { } problem)
        {
            throw new ArgumentException(problem);
        }

        return (job, [.. states.Select(checkpoint => new EvaluatedCheckpoint(
            checkpoint.Name, checkpoint.State.ModelOptions.Name, string.Join(' ', checkpoint.State.Files.Select(file => file.Sha256))))]);
    }

    private static string? TrainedOn(CheckpointState checkpoint) =>
        checkpoint.Options is { } json && json.TryGetProperty("dataset", out var name) ? name.GetString() : null;

    private static void RequireFit(string name, CheckpointState checkpoint, DatasetDescription dataset)
    {
        var model = checkpoint.ModelOptions;
        if ((model.Channels, model.Height, model.Width, model.Classes) != (dataset.Channels, dataset.Height, dataset.Width, dataset.Classes))
        {
            throw new ArgumentException(
                $"The checkpoint '{name}' takes [{model.Channels}, {model.Height}, {model.Width}] images of {model.Classes} classes, but {dataset.Title} has " +
                $"[{dataset.Channels}, {dataset.Height}, {dataset.Width}] images of {dataset.Classes} classes. Choose the data set that it was trained on.");
        }
    }
}
