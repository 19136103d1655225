using Afa.Client.Options;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>The checkpoints of one evaluation, with how they were trained.</summary>
internal sealed class EvaluationSelection
{
    private readonly IAfaControl _control;
    private readonly IReadOnlyList<CheckpointSummary> _checkpoints;
    private readonly Dictionary<string, TrainingRunStatus> _runs;
    private readonly Dictionary<string, FederationStatus> _federations;
    private readonly CancellationToken _interrupt;

    private EvaluationSelection(
        IAfaControl control, IReadOnlyList<CheckpointSummary> checkpoints, IReadOnlyList<TrainingRunStatus> runs, IReadOnlyList<FederationStatus> federations, CancellationToken interrupt)
    {
        _control = control;
        _checkpoints = checkpoints;
        _runs = runs.ToDictionary(run => run.Run);
        _federations = federations.ToDictionary(federation => federation.Federation);
        _interrupt = interrupt;
    }

    /// <summary>Says of each checkpoint that is its run's best by validation that it is.</summary>
    public IEnumerable<string> Notes => _checkpoints.Where(checkpoint => checkpoint.IsBest).Select(CheckpointName.DescribeBest);

    /// <summary>Run of the first checkpoint.</summary>
    public string Run => _checkpoints[0].Run;

    /// <param name="names">At least one name or pattern, as users write them.</param>
    /// <exception cref="UsageException">One of them names nothing.</exception>
    public static async Task<EvaluationSelection> FindAsync(IAfaControl control, IEnumerable<string> names, CancellationToken interrupt) =>
        new(control, await CheckpointLookup.FindAllAsync(control, names, interrupt), await control.ListTrainingsAsync(interrupt), await control.ListFederationsAsync(interrupt), interrupt);

    /// <summary>The threat model of the first checkpoint's training; on another data set, that one's usual.</summary>
    public EvaluationOptions Defaults(string? dataset)
    {
        var training = Training(Run);
        var options = training is not null && (dataset is null || dataset == training.Dataset)
            ? TrainingJob.EvaluationOptions(training, _checkpoints[0].Name)
            : new EvaluationOptions();
        return options with { Checkpoints = [.. _checkpoints.Select(checkpoint => checkpoint.Name)] };
    }

    /// <summary>Replaces the names of runs in transfer attacks by those of their checkpoints.</summary>
    /// <exception cref="UsageException">One of them names nothing.</exception>
    public async Task<EvaluationOptions> WithTransfersAsync(EvaluationOptions options)
    {
        var attacks = new List<string>();
        foreach (var attack in options.Attacks)
        {
            attacks.Add(await AttackNames.MapTransfersAsync(attack, async name => (await CheckpointLookup.FindAsync(_control, name, _interrupt)).Name));
        }

        return options with { Attacks = [.. attacks.Distinct()] };
    }

    /// <exception cref="UsageException">The checkpoints, or those of transfer attacks, were trained on different data sets.</exception>
    public void RequireOneDataset(EvaluationOptions options)
    {
        var trained = options.Checkpoints.Concat(options.Attacks.SelectMany(AttackNames.Sources))
            .Select(name => (Name: CheckpointName.Short(name), Dataset: CheckpointName.Run(name) is { } run ? Training(run)?.Dataset : null))
            .Where(checkpoint => checkpoint.Dataset is not null)
            .DistinctBy(checkpoint => checkpoint.Dataset)
            .ToList();
        if (trained.Count > 1)
        {
            throw new UsageException(
                $"Checkpoints of different data sets cannot be evaluated together: {string.Join(", ", trained.Select(checkpoint => $"{checkpoint.Name} was trained on {checkpoint.Dataset}"))}. " +
                "Evaluate them one after the other, or name one data set for all with --dataset.");
        }
    }

    private TrainingOptions? Training(string run) =>
        _runs.TryGetValue(run, out var status) ? TrainingJob.Options(status)
        : _federations.TryGetValue(run, out var federation) ? FederationLookup.Options(federation).LocalTraining()
        : null;
}
