namespace Afa.Grains;

/// <summary>The work list of one evaluation and its results. The key is the evaluation's name.</summary>
[Alias("afa.evaluation-run")]
public interface IEvaluationRunGrain : IGrainWithStringKey
{
    /// <summary>Starts the evaluation, or goes on with one that was interrupted: slices that are stored are not run again.</summary>
    /// <exception cref="InvalidOperationException">The evaluation exists with other options.</exception>
    [Alias("start")]
    Task StartAsync(string optionsJson);

    /// <summary>Returns null if the evaluation was never started.</summary>
    [Alias("status")]
    Task<EvaluationStatus?> GetStatusAsync();
}
