using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Evaluation.Features;
using Afa.Grains;
using Afa.Models;
using Afa.Sweeps;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Silo.Api;

/// <summary>What every way to a cluster does alike.</summary>
public abstract class ControlContract
{
    private protected abstract IAfaControl Control { get; }

    /// <summary>Begins all names, as the silo is shared.</summary>
    private protected abstract string Prefix { get; }

    [Fact]
    public async Task Run_FromItsStartToAnEvaluation()
    {
        var run = $"{Prefix}-run";
        await Control.StartTrainingAsync(run, ApiSilo.Json(ApiSilo.Quick));
        await Control.StartTrainingAsync(run, ApiSilo.Json(ApiSilo.Quick));   // No further effect.
        var trained = await TrainedAsync(run);

        Assert.Equal((1, 10L, 1), (trained.Epoch, trained.Step, trained.History.Count));
        Assert.Equal(ApiSilo.Json(ApiSilo.Quick), ApiSilo.Json(JsonSerializer.Deserialize<TrainingOptions>(trained.OptionsJson, AfaJson.Options)));
        Assert.InRange(trained.History[0].Loss, 0.01, 100);
        Assert.Contains("backward", trained.History[0].PhaseSeconds.Keys);
        Assert.Contains(run, (await Control.ListTrainingsAsync()).Select(status => status.Run));
        var checkpoint = Assert.Single(await Control.ListCheckpointsAsync(run));
        Assert.Equal((trained.Checkpoint, true), (checkpoint.Name, checkpoint.IsFinal));

        var evaluation = $"{Prefix}-evaluation";
        var options = new EvaluationOptions { Checkpoints = [checkpoint.Name], Dataset = "fashion-mnist", DataDirectory = ApiSilo.Quick.DataDirectory, Images = 20, Attacks = ["fgsm"] };
        await Control.StartEvaluationAsync(evaluation, ApiSilo.Json(options));
        Assert.Equal(RunState.Completed, (await EvaluatedAsync(evaluation, status => status.State != RunState.Running)).State);
        var document = JsonSerializer.Deserialize<EvaluationDocument>((await Control.GetEvaluationResultAsync(evaluation))!, AfaJson.Options)!;
        Assert.Equal((checkpoint.Name, 20), (document.Results.Single().Checkpoint, document.Results.Single().Images));
        Assert.Contains(evaluation, (await Control.ListEvaluationsAsync()).Select(status => status.Evaluation));
        await Control.ResumeEvaluationAsync(evaluation);   // Complete: nothing to do.

        var analysis = ApiSilo.Json(new FeatureAnalysisOptions { Checkpoint = checkpoint.Name, DataDirectory = ApiSilo.Quick.DataDirectory, Images = 10 });
        var analyzed = await ApiSilo.WaitAsync<FeatureAnalysisStatus>(async () => await Control.AnalyzeFeaturesAsync(analysis), status => status.DocumentJson is not null);
        Assert.Equal(checkpoint.Name, JsonSerializer.Deserialize<FeatureDocument>(analyzed.DocumentJson!, AfaJson.Options)!.Analyses.Single().Checkpoint);
    }

    [Fact]
    public async Task Checkpoint_ExportedAndImported_HasTheSameWeightsAndCanBeDeleted()
    {
        var run = $"{Prefix}-exported";
        await Control.StartTrainingAsync(run, ApiSilo.Json(ApiSilo.Quick));
        var export = await Control.ExportCheckpointAsync((await TrainedAsync(run)).Checkpoint!);
        Assert.Equal(("small-cnn", 0.25), JsonSerializer.Deserialize<ModelOptions>(export.ModelJson, AfaJson.Options) is { } model ? (model.Name, model.WidthFactor) : default);

        var import = new CheckpointImport($"{Prefix}-imported", export.ModelJson, "fashion-mnist", "a file & more.pt", export.Weights);
        var name = await Control.ImportCheckpointAsync(import);
        Assert.Equal($"runs/{Prefix}-imported/checkpoints/imported", name);
        Assert.Equal(name, await Control.ImportCheckpointAsync(import));   // No further effect.
        var other = import with { Weights = [.. import.Weights[..^1], (byte)(import.Weights[^1] ^ 1)] };
        Assert.Contains("already", (await Assert.ThrowsAsync<ArgumentException>(() => Control.ImportCheckpointAsync(other))).Message, StringComparison.Ordinal);
        Assert.Equal(Tensors(export), Tensors(await Control.ExportCheckpointAsync(name)));
        Assert.Contains(name, (await Control.ListCheckpointsAsync(null)).Select(checkpoint => checkpoint.Name));

        await Control.DeleteCheckpointAsync(name);
        await Control.DeleteCheckpointAsync(name);
        Assert.Empty(await Control.ListCheckpointsAsync($"{Prefix}-imported"));
        await Assert.ThrowsAsync<FileNotFoundException>(() => Control.ExportCheckpointAsync(name));

        var cut = import with { Run = $"{Prefix}-cut", Weights = export.Weights[..^4] };
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => Control.ImportCheckpointAsync(cut));
        Assert.True(refused is InvalidDataException or ArgumentException, refused.ToString());
    }

    [Fact]
    public async Task Options_ThatCannotBeMet_AreRefusedAndNothingIsThere()
    {
        var run = $"{Prefix}-refused";
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => Control.StartTrainingAsync(run, ApiSilo.Json(ApiSilo.Quick with { Epochs = 0 })));
        Assert.True(refused is ArgumentException or ValidationException, refused.ToString());
        Assert.Contains("Epochs", refused.Message, StringComparison.Ordinal);
        Assert.Null(await Control.GetTrainingAsync(run));

        await Assert.ThrowsAnyAsync<Exception>(() => Control.StartEvaluationAsync(run, ApiSilo.Json(new EvaluationOptions { Checkpoints = ["runs/none/checkpoints/none"], Images = 1 })));
        Assert.Null(await Control.GetEvaluationAsync(run));
    }

    [Fact]
    public async Task UnknownNames_AreNullOrRefused()
    {
        Assert.Null(await Control.GetTrainingAsync("none"));
        Assert.Null(await Control.GetEvaluationAsync("none"));
        Assert.Null(await Control.GetEvaluationResultAsync("none"));
        Assert.Null(await Control.GetSweepAsync("none"));
        Assert.Null(await Control.GetSweepResultAsync("none"));
        Assert.Null(await Control.GetFederationAsync("none"));
        Assert.Null(await Control.GetFederationResultAsync("none"));
        Assert.Empty(await Control.ListCheckpointsAsync("none"));
        foreach (var call in new Func<string, CancellationToken, Task>[]
        {
            Control.ResumeTrainingAsync, Control.PauseTrainingAsync, Control.CancelTrainingAsync, Control.ResumeEvaluationAsync, Control.CancelEvaluationAsync,
            Control.ResumeSweepAsync, Control.PauseSweepAsync, Control.CancelSweepAsync,
            Control.ResumeFederationAsync, Control.PauseFederationAsync, Control.CancelFederationAsync,
        })
        {
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => call("none", CancellationToken.None));
            Assert.Contains("'none'", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Run_PausedResumedAndCanceled_NeverGoesOnAfterThat()
    {
        var run = $"{Prefix}-long";
        await Control.StartTrainingAsync(run, ApiSilo.Json(ApiSilo.Long));
        var changed = await Assert.ThrowsAsync<InvalidOperationException>(() => Control.StartTrainingAsync(run, ApiSilo.Json(ApiSilo.Long with { Seed = 1 })));
        Assert.Contains("other options", changed.Message, StringComparison.Ordinal);
        await RunAsync(run, status => status.Step > 0);
        await Control.PauseTrainingAsync(run);
        var paused = await RunAsync(run, status => status.State != RunState.Running);
        Assert.Equal(RunState.Paused, paused.State);

        await Control.ResumeTrainingAsync(run);
        await RunAsync(run, status => status.Step > paused.Step);
        await Control.CancelTrainingAsync(run);
        Assert.Equal(RunState.Canceled, (await RunAsync(run, status => status.State != RunState.Running)).State);
        Assert.Equal([paused.Checkpoint], (await Control.ListCheckpointsAsync(run)).Select(checkpoint => checkpoint.Name));   // None of the end.
        await Control.CancelTrainingAsync(run);
        Assert.Contains("canceled", (await Assert.ThrowsAsync<InvalidOperationException>(() => Control.ResumeTrainingAsync(run))).Message, StringComparison.Ordinal);
        Assert.Equal(RunState.Canceled, (await Control.GetTrainingAsync(run))!.State);
    }

    [Fact]
    public async Task Run_CanceledWhileItRests_NeverGoesOn()
    {
        var run = $"{Prefix}-resting";
        await Control.StartTrainingAsync(run, ApiSilo.Json(ApiSilo.Long));
        await RunAsync(run, status => status.Step > 0);
        await Control.PauseTrainingAsync(run);
        await RunAsync(run, status => status.State == RunState.Paused);

        await Control.CancelTrainingAsync(run);

        Assert.Equal(RunState.Canceled, (await Control.GetTrainingAsync(run))!.State);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Control.ResumeTrainingAsync(run));
    }

    [Fact]
    public async Task Evaluation_Canceled_StopsInTheMiddleOfItsAttack()
    {
        var run = $"{Prefix}-attacked";
        await Control.StartTrainingAsync(run, ApiSilo.Json(ApiSilo.Quick));
        var checkpoint = (await TrainedAsync(run)).Checkpoint!;
        var evaluation = $"{Prefix}-canceled";

        // At so small a radius the images stand, and the attack makes all of its 100 million steps.
        var options = new EvaluationOptions { Checkpoints = [checkpoint], DataDirectory = ApiSilo.Quick.DataDirectory, Images = 40, Attacks = ["pgd-100000"], Epsilons = ["0.000001"] };
        await Control.StartEvaluationAsync(evaluation, ApiSilo.Json(options));
        await EvaluatedAsync(evaluation, status => status.Working.Count > 0);
        await Control.CancelEvaluationAsync(evaluation);

        Assert.Equal(RunState.Canceled, (await EvaluatedAsync(evaluation, status => status.State != RunState.Running)).State);
        Assert.Null(await Control.GetEvaluationResultAsync(evaluation));
        Assert.Contains("canceled", (await Assert.ThrowsAsync<InvalidOperationException>(() => Control.ResumeEvaluationAsync(evaluation))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sweep_Canceled_TakesItsTrialsWithIt()
    {
        var sweep = $"{Prefix}-sweep";
        var trial = new SweepTrial { Name = "1-s0", Point = "1", Training = ApiSilo.Long, Evaluation = new EvaluationOptions { DataDirectory = ApiSilo.Quick.DataDirectory, Images = 20 } };
        await Control.StartSweepAsync(sweep, ApiSilo.Json(new SweepPlan { Points = [new("1", "", [])], Trials = [trial] }));
        await ApiSilo.WaitAsync(() => Control.GetSweepAsync(sweep), status => status.Trials[0].Share > 0);
        Assert.Contains(sweep, (await Control.ListSweepsAsync()).Select(status => status.Sweep));

        await Control.CancelSweepAsync(sweep);

        Assert.Equal(RunState.Canceled, (await ApiSilo.WaitAsync(() => Control.GetSweepAsync(sweep), status => status.State != RunState.Running)).State);
        Assert.Equal(RunState.Canceled, (await Control.GetTrainingAsync(trial.Run(sweep)))!.State);
        Assert.Null(JsonSerializer.Deserialize<SweepDocument>((await Control.GetSweepResultAsync(sweep))!, AfaJson.Options)!.Trials.Single().Result);
        Assert.Contains("canceled", (await Assert.ThrowsAsync<InvalidOperationException>(() => Control.ResumeSweepAsync(sweep))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Federation_StartedPausedAndResumed_HasAResult()
    {
        var federation = $"{Prefix}-federation";
        var options = new FederationOptions
        {
            Training = ApiSilo.Quick with { BatchSize = 8 },
            Participants = 2,
            Partition = new PartitionOptions { Kind = PartitionKind.Iid },
            Rounds = 2,
            Evaluation = new FederatedEvaluationOptions { Attacks = ["fgsm"], MinimumCount = 1, Images = 5 },
        };
        await Control.StartFederationAsync(federation, ApiSilo.Json(options));
        await Control.StartFederationAsync(federation, ApiSilo.Json(options));
        var changed = await Assert.ThrowsAsync<InvalidOperationException>(() => Control.StartFederationAsync(federation, ApiSilo.Json(options with { Rounds = 9 })));
        Assert.Contains("other options", changed.Message, StringComparison.Ordinal);
        await Control.PauseFederationAsync(federation);
        await ApiSilo.WaitAsync(() => Control.GetFederationAsync(federation), status => status.State != RunState.Running);
        await Control.ResumeFederationAsync(federation);

        var ended = await ApiSilo.WaitAsync(() => Control.GetFederationAsync(federation), status => status.State is not (RunState.Running or RunState.Paused));

        Assert.True(ended.State == RunState.Completed, ended.Message);
        Assert.Contains(federation, (await Control.ListFederationsAsync()).Select(status => status.Federation));
        var document = JsonSerializer.Deserialize<FederationDocument>((await Control.GetFederationResultAsync(federation))!, AfaJson.Options)!;
        Assert.Equal((2, 2), (document.Rounds.Count, document.Models.Count));
        Assert.Equal(document.Rounds[^1].Checkpoint, (await Control.ListCheckpointsAsync(federation))[0].Name);
    }

    [Fact]
    public async Task Silos_AreThoseOfTheCluster()
    {
        var silo = Assert.Single(await Control.ListSilosAsync());
        Assert.StartsWith("127.0.0.1:", silo.Address, StringComparison.Ordinal);
        Assert.Equal(2, silo.Slots);
        Assert.InRange(silo.Busy, 0, 100);
    }

    private static IEnumerable<(string Name, string Bytes)> Tensors(CheckpointExport export) =>
        Safetensors.Read(export.Weights, "export").Tensors.OrderBy(tensor => tensor.Key, StringComparer.Ordinal).Select(tensor => (tensor.Key, Convert.ToHexString(tensor.Value.Data.Span)));

    private Task<TrainingRunStatus> RunAsync(string run, Func<TrainingRunStatus, bool> isWanted) => ApiSilo.WaitAsync(() => Control.GetTrainingAsync(run), isWanted);

    private async Task<TrainingRunStatus> TrainedAsync(string run)
    {
        var status = await RunAsync(run, status => status.State != RunState.Running);
        Assert.True(status.State == RunState.Completed, status.Message);
        return status;
    }

    private Task<EvaluationStatus> EvaluatedAsync(string evaluation, Func<EvaluationStatus, bool> isWanted) => ApiSilo.WaitAsync(() => Control.GetEvaluationAsync(evaluation), isWanted);
}

[Collection(ApiSilo.Collection)]
public sealed class GrainControlTests(ApiSilo silo) : ControlContract
{
    private protected override IAfaControl Control => silo.OverGrains;

    private protected override string Prefix => "grains";
}

[Collection(ApiSilo.Collection)]
public sealed class HttpControlTests(ApiSilo silo) : ControlContract
{
    private protected override IAfaControl Control => silo.OverHttp;

    private protected override string Prefix => "http";
}
