using Afa.Evaluation;
using Afa.Evaluation.Features;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>The checkpoints whose feature spaces a report compares, and how they are measured unless the user says otherwise.</summary>
/// <param name="Checkpoints">Names in the store.</param>
/// <param name="Defaults">For each of them; the checkpoint is not filled in.</param>
internal sealed record FeatureSelection(IReadOnlyList<string> Checkpoints, FeatureAnalysisOptions Defaults)
{
    /// <summary>Finds checkpoints by the names of runs, of checkpoints, of evaluations (all their checkpoints), and by patterns.</summary>
    /// <param name="dataset">What the user named; null: all must have been trained on the same.</param>
    /// <exception cref="UsageException">One of the names means nothing, or the checkpoints are of different data sets.</exception>
    public static async Task<FeatureSelection> FindAsync(IAfaControl control, IReadOnlyList<string> names, string? dataset, CancellationToken interrupt)
    {
        var evaluations = (await control.ListEvaluationsAsync(interrupt)).ToDictionary(evaluation => evaluation.Evaluation);
        EvaluationOptions? Evaluation(string name) => evaluations.TryGetValue(name, out var status) ? EvaluationLookup.Options(status) : null;

        var selection = await EvaluationSelection.FindAsync(control, names.SelectMany(name => Evaluation(name)?.Checkpoints ?? [name]), interrupt);
        var trained = selection.Defaults(dataset);
        if (dataset is null)
        {
            selection.RequireOneDataset(trained);
        }

        // Checkpoints are compared under one attack: that of the first name.
        var threat = Evaluation(names[0]) ?? trained;
        var defaults = new FeatureAnalysisOptions();
        return new FeatureSelection(trained.Checkpoints, defaults with
        {
            Dataset = threat.Dataset,
            DataDirectory = threat.DataDirectory,
            Images = Math.Min(threat.Images, defaults.Images),
            Norm = threat.Norm,
            Epsilon = threat.Epsilons.Count > 0 ? threat.Epsilons[0] : null,
            Seed = threat.Seed,
        });
    }
}
