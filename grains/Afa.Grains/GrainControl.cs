using System.Security.Cryptography;
using System.Text;

namespace Afa.Grains;

/// <summary>Asks the grains of a cluster, from a client or from inside a silo.</summary>
public sealed class GrainControl(IGrainFactory grains) : IAfaControl
{
    public Task StartTrainingAsync(string run, string optionsJson, CancellationToken cancellationToken = default) =>
        Run(run).StartAsync(optionsJson).WaitAsync(cancellationToken);

    public Task ResumeTrainingAsync(string run, CancellationToken cancellationToken = default) => Run(run).ResumeAsync().WaitAsync(cancellationToken);

    public Task PauseTrainingAsync(string run, CancellationToken cancellationToken = default) => Run(run).PauseAsync().WaitAsync(cancellationToken);

    public Task CancelTrainingAsync(string run, CancellationToken cancellationToken = default) => Run(run).CancelAsync().WaitAsync(cancellationToken);

    public Task<TrainingRunStatus?> GetTrainingAsync(string run, CancellationToken cancellationToken = default) =>
        Run(run).GetStatusAsync().WaitAsync(cancellationToken);

    public async Task<IReadOnlyList<TrainingRunStatus>> ListTrainingsAsync(CancellationToken cancellationToken = default)
    {
        var names = await Catalog.ListRunsAsync().WaitAsync(cancellationToken);
        var runs = await Task.WhenAll(names.Select(ReadableRunAsync)).WaitAsync(cancellationToken);
        return [.. runs.OfType<TrainingRunStatus>().OrderByDescending(run => run.CreatedAt)];
    }

    public Task StartEvaluationAsync(string evaluation, string optionsJson, CancellationToken cancellationToken = default) =>
        Evaluation(evaluation).StartAsync(optionsJson).WaitAsync(cancellationToken);

    public Task ResumeEvaluationAsync(string evaluation, CancellationToken cancellationToken = default) =>
        Evaluation(evaluation).StartAsync(null).WaitAsync(cancellationToken);

    public Task CancelEvaluationAsync(string evaluation, CancellationToken cancellationToken = default) => Evaluation(evaluation).CancelAsync().WaitAsync(cancellationToken);

    public Task<EvaluationStatus?> GetEvaluationAsync(string evaluation, CancellationToken cancellationToken = default) =>
        Evaluation(evaluation).GetStatusAsync().WaitAsync(cancellationToken);

    public async Task<IReadOnlyList<EvaluationStatus>> ListEvaluationsAsync(CancellationToken cancellationToken = default)
    {
        var names = await Catalog.ListEvaluationsAsync().WaitAsync(cancellationToken);
        var evaluations = await Task.WhenAll(names.Select(ReadableStatusAsync)).WaitAsync(cancellationToken);
        return [.. evaluations.OfType<EvaluationStatus>().OrderByDescending(evaluation => evaluation.CreatedAt)];
    }

    public Task<string?> GetEvaluationResultAsync(string evaluation, CancellationToken cancellationToken = default) =>
        Catalog.ReadResultAsync(evaluation).WaitAsync(cancellationToken);

    public Task StartSweepAsync(string sweep, string planJson, CancellationToken cancellationToken = default) => Sweep(sweep).StartAsync(planJson).WaitAsync(cancellationToken);

    public Task ResumeSweepAsync(string sweep, CancellationToken cancellationToken = default) => Sweep(sweep).ResumeAsync().WaitAsync(cancellationToken);

    public Task PauseSweepAsync(string sweep, CancellationToken cancellationToken = default) => Sweep(sweep).PauseAsync().WaitAsync(cancellationToken);

    public Task CancelSweepAsync(string sweep, CancellationToken cancellationToken = default) => Sweep(sweep).CancelAsync().WaitAsync(cancellationToken);

    public Task<SweepStatus?> GetSweepAsync(string sweep, CancellationToken cancellationToken = default) => Sweep(sweep).GetStatusAsync().WaitAsync(cancellationToken);

    public async Task<IReadOnlyList<SweepStatus>> ListSweepsAsync(CancellationToken cancellationToken = default)
    {
        var names = await Catalog.ListSweepsAsync().WaitAsync(cancellationToken);
        var sweeps = await Task.WhenAll(names.Select(ReadableSweepAsync)).WaitAsync(cancellationToken);
        return [.. sweeps.OfType<SweepStatus>().OrderByDescending(sweep => sweep.CreatedAt)];
    }

    public Task<string?> GetSweepResultAsync(string sweep, CancellationToken cancellationToken = default) => Sweep(sweep).GetResultAsync().WaitAsync(cancellationToken);

    public Task StartFederationAsync(string federation, string optionsJson, CancellationToken cancellationToken = default) =>
        Federation(federation).StartAsync(optionsJson).WaitAsync(cancellationToken);

    public Task ResumeFederationAsync(string federation, CancellationToken cancellationToken = default) => Federation(federation).ResumeAsync().WaitAsync(cancellationToken);

    public Task PauseFederationAsync(string federation, CancellationToken cancellationToken = default) => Federation(federation).PauseAsync().WaitAsync(cancellationToken);

    public Task CancelFederationAsync(string federation, CancellationToken cancellationToken = default) => Federation(federation).CancelAsync().WaitAsync(cancellationToken);

    public Task<FederationStatus?> GetFederationAsync(string federation, CancellationToken cancellationToken = default) =>
        Federation(federation).GetStatusAsync().WaitAsync(cancellationToken);

    public async Task<IReadOnlyList<FederationStatus>> ListFederationsAsync(CancellationToken cancellationToken = default)
    {
        var names = await Catalog.ListFederationsAsync().WaitAsync(cancellationToken);
        var federations = await Task.WhenAll(names.Select(ReadableFederationAsync)).WaitAsync(cancellationToken);
        return [.. federations.OfType<FederationStatus>().OrderByDescending(federation => federation.CreatedAt)];
    }

    public Task<string?> GetFederationResultAsync(string federation, CancellationToken cancellationToken = default) =>
        Federation(federation).GetResultAsync().WaitAsync(cancellationToken);

    public Task<FeatureAnalysisStatus> AnalyzeFeaturesAsync(string optionsJson, CancellationToken cancellationToken = default) =>
        grains.GetGrain<IFeatureAnalysisGrain>(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(optionsJson)))).AnalyzeAsync(optionsJson).WaitAsync(cancellationToken);

    public Task<IReadOnlyList<CheckpointSummary>> ListCheckpointsAsync(string? run, CancellationToken cancellationToken = default) =>
        Catalog.ListCheckpointsAsync(run).WaitAsync(cancellationToken);

    public Task<string> ImportCheckpointAsync(CheckpointImport import, CancellationToken cancellationToken = default) =>
        Catalog.ImportCheckpointAsync(import).WaitAsync(cancellationToken);

    public Task<CheckpointExport> ExportCheckpointAsync(string name, CancellationToken cancellationToken = default) =>
        Catalog.ExportCheckpointAsync(name).WaitAsync(cancellationToken);

    public Task DeleteCheckpointAsync(string name, CancellationToken cancellationToken = default) => Catalog.DeleteCheckpointAsync(name).WaitAsync(cancellationToken);

    public async Task<IReadOnlyList<SiloLoad>> ListSilosAsync(CancellationToken cancellationToken = default)
    {
        var silos = await grains.ActiveSilosAsync().WaitAsync(cancellationToken);
        var loads = await Task.WhenAll(silos.Select(grains.LoadOfAsync)).WaitAsync(cancellationToken);
        return [.. loads.OfType<SiloLoad>().DistinctBy(load => load.Address)];   // The grain of a silo that has just ended lives on another.
    }

    /// <summary>One that can't be read, as another version wrote it or a disk cut it, does not hide the others.</summary>
    private async Task<EvaluationStatus?> ReadableStatusAsync(string name)
    {
        try
        {
            return await Evaluation(name).GetStatusAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new EvaluationStatus(name, RunState.Failed, "{}", DateTimeOffset.UnixEpoch, 0, 0, [], [], 0, 0, null, TimeSpan.Zero, $"It cannot be read: {exception.Message.Split('\n')[0]}");
        }
    }

    /// <summary>Likewise.</summary>
    private async Task<TrainingRunStatus?> ReadableRunAsync(string name)
    {
        try
        {
            return await Run(name).GetStatusAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new TrainingRunStatus(name, RunState.Failed, "{}", "", 0, 0, 0, 0, 0, null, TimeSpan.Zero, [], null, 0, DateTimeOffset.UnixEpoch, $"It cannot be read: {exception.Message.Split('\n')[0]}", null);
        }
    }

    /// <summary>Likewise.</summary>
    private async Task<SweepStatus?> ReadableSweepAsync(string name)
    {
        try
        {
            return await Sweep(name).GetStatusAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new SweepStatus(name, RunState.Failed, "{}", DateTimeOffset.UnixEpoch, [], 0, null, TimeSpan.Zero, $"It cannot be read: {exception.Message.Split('\n')[0]}");
        }
    }

    /// <summary>Likewise.</summary>
    private async Task<FederationStatus?> ReadableFederationAsync(string name)
    {
        try
        {
            return await Federation(name).GetStatusAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new FederationStatus(name, RunState.Failed, "{}", DateTimeOffset.UnixEpoch, 0, 0, "", 0, null, TimeSpan.Zero, null, null, null, null, $"It cannot be read: {exception.Message.Split('\n')[0]}");
        }
    }

    private ICatalogGrain Catalog => grains.GetGrain<ICatalogGrain>(0);

    private ITrainingRunGrain Run(string name) => grains.GetGrain<ITrainingRunGrain>(name);

    private ISweepGrain Sweep(string name) => grains.GetGrain<ISweepGrain>(name);

    private IFederationGrain Federation(string name) => grains.GetGrain<IFederationGrain>(name);

    private IEvaluationRunGrain Evaluation(string name) => grains.GetGrain<IEvaluationRunGrain>(name);
}
