namespace Afa.Grains;

/// <summary>What the store holds: runs, checkpoints, evaluations, sweeps and federations. The key is 0.</summary>
[Alias("afa.catalog")]
public interface ICatalogGrain : IGrainWithIntegerKey
{
    /// <summary>Names of all runs.</summary>
    [Alias("runs")]
    Task<IReadOnlyList<string>> ListRunsAsync();

    /// <summary>Names of all evaluations.</summary>
    [Alias("evaluations")]
    Task<IReadOnlyList<string>> ListEvaluationsAsync();

    /// <summary>Names of all sweeps.</summary>
    [Alias("sweeps")]
    Task<IReadOnlyList<string>> ListSweepsAsync();

    /// <summary>Names of all federations.</summary>
    [Alias("federations")]
    Task<IReadOnlyList<string>> ListFederationsAsync();

    /// <summary>JSON of the <c>Afa.Evaluation.EvaluationDocument</c> of a completed evaluation; null if there is none.</summary>
    [Alias("result")]
    Task<string?> ReadResultAsync(string evaluation);

    /// <summary>Checkpoints of one run, or of all if <paramref name="run"/> is null, newest first; damaged ones are left out.</summary>
    [Alias("checkpoints")]
    Task<IReadOnlyList<CheckpointSummary>> ListCheckpointsAsync(string? run);

    /// <summary>Makes a checkpoint of weights from elsewhere and returns its name. The same again has no further effect.</summary>
    /// <exception cref="ArgumentException">The weights do not fit the model, or there is a checkpoint of this name with other content.</exception>
    [Alias("import-checkpoint"), ResponseTimeout("00:05:00")]
    Task<string> ImportCheckpointAsync(CheckpointImport import);

    /// <summary>Returns the weights of a checkpoint as an evaluation would use them.</summary>
    /// <exception cref="FileNotFoundException">There is no checkpoint of this name.</exception>
    [Alias("export-checkpoint"), ResponseTimeout("00:05:00")]
    Task<CheckpointExport> ExportCheckpointAsync(string name);

    /// <summary>Deletes a checkpoint; deleting one that is gone has no effect.</summary>
    [Alias("delete-checkpoint")]
    Task DeleteCheckpointAsync(string name);
}
