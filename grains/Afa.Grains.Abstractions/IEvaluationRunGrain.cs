namespace Afa.Grains;

/// <summary>The work list of one evaluation and its results. The key is the evaluation's name.</summary>
[Alias("afa.evaluation-run")]
public interface IEvaluationRunGrain : IGrainWithStringKey
{
    /// <summary>Starts the evaluation, or goes on with one that was interrupted: units that are stored are not run again.</summary>
    /// <param name="optionsJson">JSON of <c>Afa.Evaluation.EvaluationOptions</c>; null goes on with the stored ones.</param>
    /// <param name="mostSlots">Device slots to use at most; null: all of the cluster.</param>
    /// <exception cref="InvalidOperationException">The evaluation exists with other options, was canceled, or was never started and no options are given.</exception>
    [Alias("start")]
    Task StartAsync(string? optionsJson, int? mostSlots = null);

    /// <summary>Asks the evaluation to stop for good. Has no effect on one that is complete.</summary>
    /// <exception cref="InvalidOperationException">The evaluation was never started.</exception>
    [Alias("cancel")]
    Task CancelAsync();

    /// <summary>Returns null if the evaluation was never started.</summary>
    [Alias("status")]
    Task<EvaluationStatus?> GetStatusAsync();
}
