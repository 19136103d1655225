namespace Afa.Grains;

/// <summary>Everything a user can ask of a cluster. The client's commands are written once against this.</summary>
/// <remarks>
/// To resume, pause or cancel what was never started is an <see cref="InvalidOperationException"/>, as is to resume what was canceled or to start
/// anew under a name with other options; options that cannot be met are an <see cref="ArgumentException"/> or a <c>ValidationException</c>.
/// </remarks>
public interface IAfaControl
{
    /// <summary>Creates a run and starts it. Repeating the call with the same name and options has no further effect.</summary>
    /// <param name="optionsJson">JSON of <c>Afa.Training.TrainingOptions</c>, validated before any work starts.</param>
    Task StartTrainingAsync(string run, string optionsJson, CancellationToken cancellationToken = default);

    /// <summary>Goes on with a run from its last good checkpoint. Does nothing if it runs or is complete.</summary>
    Task ResumeTrainingAsync(string run, CancellationToken cancellationToken = default);

    /// <summary>Finishes the step under way, writes a checkpoint and stops.</summary>
    Task PauseTrainingAsync(string run, CancellationToken cancellationToken = default);

    /// <summary>Finishes the step under way and stops for good. Does nothing if the run is complete.</summary>
    Task CancelTrainingAsync(string run, CancellationToken cancellationToken = default);

    /// <summary>Returns null if no run has that name.</summary>
    Task<TrainingRunStatus?> GetTrainingAsync(string run, CancellationToken cancellationToken = default);

    /// <summary>All runs, newest first.</summary>
    Task<IReadOnlyList<TrainingRunStatus>> ListTrainingsAsync(CancellationToken cancellationToken = default);

    /// <summary>Starts an evaluation: all its checkpoints under all its attacks at all its radii.</summary>
    /// <param name="optionsJson">JSON of <c>Afa.Evaluation.EvaluationOptions</c>, validated before any work starts.</param>
    Task StartEvaluationAsync(string evaluation, string optionsJson, CancellationToken cancellationToken = default);

    /// <summary>Goes on with an evaluation that was interrupted; what is stored is not run again. Does nothing if it runs or is complete.</summary>
    Task ResumeEvaluationAsync(string evaluation, CancellationToken cancellationToken = default);

    /// <summary>Stops an evaluation for good; what is stored of it stays. Does nothing if it is complete.</summary>
    Task CancelEvaluationAsync(string evaluation, CancellationToken cancellationToken = default);

    /// <summary>Returns null if no evaluation has that name.</summary>
    Task<EvaluationStatus?> GetEvaluationAsync(string evaluation, CancellationToken cancellationToken = default);

    /// <summary>All evaluations, newest first.</summary>
    Task<IReadOnlyList<EvaluationStatus>> ListEvaluationsAsync(CancellationToken cancellationToken = default);

    /// <summary>The result of a completed evaluation; null if there is none.</summary>
    /// <returns>JSON of <c>Afa.Evaluation.EvaluationDocument</c>.</returns>
    Task<string?> GetEvaluationResultAsync(string evaluation, CancellationToken cancellationToken = default);

    /// <summary>Starts a sweep: many trainings and the evaluation of each.</summary>
    /// <param name="planJson">JSON of <c>Afa.Sweeps.SweepPlan</c>, validated before any work starts.</param>
    Task StartSweepAsync(string sweep, string planJson, CancellationToken cancellationToken = default);

    /// <summary>Goes on with a sweep: finished trials are not run again, failed ones are tried again. Does nothing if it runs.</summary>
    Task ResumeSweepAsync(string sweep, CancellationToken cancellationToken = default);

    /// <summary>Pauses the trainings under way with checkpoints and stops.</summary>
    Task PauseSweepAsync(string sweep, CancellationToken cancellationToken = default);

    /// <summary>Stops a sweep for good, with the trainings and evaluations under way. Does nothing if it is complete.</summary>
    Task CancelSweepAsync(string sweep, CancellationToken cancellationToken = default);

    /// <summary>Returns null if no sweep has that name.</summary>
    Task<SweepStatus?> GetSweepAsync(string sweep, CancellationToken cancellationToken = default);

    /// <summary>All sweeps, newest first.</summary>
    Task<IReadOnlyList<SweepStatus>> ListSweepsAsync(CancellationToken cancellationToken = default);

    /// <summary>What a sweep has found so far; null if there is none of that name.</summary>
    /// <returns>JSON of <c>Afa.Sweeps.SweepDocument</c>.</returns>
    Task<string?> GetSweepResultAsync(string sweep, CancellationToken cancellationToken = default);

    /// <summary>Starts a federation: owners of private shards who train one model, round by round, and judge it each on their own test images.</summary>
    /// <param name="optionsJson">JSON of <c>Afa.Federation.FederationOptions</c>, validated before any work starts.</param>
    Task StartFederationAsync(string federation, string optionsJson, CancellationToken cancellationToken = default);

    /// <summary>Goes on with a federation from its last finished round. Does nothing if it runs or is complete.</summary>
    Task ResumeFederationAsync(string federation, CancellationToken cancellationToken = default);

    /// <summary>Finishes the round under way and stops.</summary>
    Task PauseFederationAsync(string federation, CancellationToken cancellationToken = default);

    /// <summary>Stops a federation for good; its checkpoints stay. Does nothing if it is complete.</summary>
    Task CancelFederationAsync(string federation, CancellationToken cancellationToken = default);

    /// <summary>Returns null if no federation has that name.</summary>
    Task<FederationStatus?> GetFederationAsync(string federation, CancellationToken cancellationToken = default);

    /// <summary>All federations, newest first.</summary>
    Task<IReadOnlyList<FederationStatus>> ListFederationsAsync(CancellationToken cancellationToken = default);

    /// <summary>What a federation has found so far; null if there is none of that name.</summary>
    /// <returns>JSON of <c>Afa.Federation.FederationDocument</c>.</returns>
    Task<string?> GetFederationResultAsync(string federation, CancellationToken cancellationToken = default);

    /// <summary>Begins to analyze a checkpoint's feature space, if that is neither stored nor under way, and waits a little for it. Ask again until the result is there.</summary>
    /// <param name="optionsJson">JSON of <c>Afa.Evaluation.Features.FeatureAnalysisOptions</c>, validated before any work starts.</param>
    Task<FeatureAnalysisStatus> AnalyzeFeaturesAsync(string optionsJson, CancellationToken cancellationToken = default);

    /// <summary>Checkpoints of one run, or of all if <paramref name="run"/> is null, newest first.</summary>
    Task<IReadOnlyList<CheckpointSummary>> ListCheckpointsAsync(string? run, CancellationToken cancellationToken = default);

    /// <summary>Makes a checkpoint of weights from elsewhere, if they fit the model, and returns its name. The same again has no further effect.</summary>
    Task<string> ImportCheckpointAsync(CheckpointImport import, CancellationToken cancellationToken = default);

    /// <summary>Returns the weights of a checkpoint as an evaluation would use them.</summary>
    Task<CheckpointExport> ExportCheckpointAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Deletes a checkpoint; deleting one that is gone has no effect.</summary>
    Task DeleteCheckpointAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>All silos of the cluster that are active.</summary>
    Task<IReadOnlyList<SiloLoad>> ListSilosAsync(CancellationToken cancellationToken = default);
}
