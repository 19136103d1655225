using System.Text.Json;
using Afa.Client.Output;
using Afa.Client.Reports;
using Afa.Evaluation;
using Afa.Evaluation.Features;
using Afa.Grains;
using Afa.Storage;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>One evaluation as the user of a terminal goes through it: start or resume, follow, show, report.</summary>
internal sealed class EvaluationJob(IAfaControl control, ClientContext context, ClientOutput output, string store)
{
    /// <summary>Folder of an evaluation's report, unless the user names another.</summary>
    public static string ReportDirectory(string store, string evaluation) => ReportLocation.Of(store, $"evaluations/{evaluation}");

    /// <summary>Starts an evaluation and returns its name.</summary>
    /// <param name="name">Null: made from the run and the time.</param>
    public async Task<string> StartAsync(string? name, string run, EvaluationOptions options)
    {
        if (name is not null)
        {
            await NamedWork.RequireFreeAsync(control, context, store, name);
        }

        var evaluation = name ?? await NamedWork.NewNameAsync(control, context, $"{run}-evaluation");
        output.WritePairs(EvaluationText.Describe(evaluation, options, store));
        await control.StartEvaluationAsync(evaluation, JsonSerializer.Serialize(options, AfaJson.Options), context.Interrupt);
        return evaluation;
    }

    /// <summary>Goes on with an evaluation and returns its name.</summary>
    /// <param name="name">Null: the newest that is not complete.</param>
    public async Task<string> ResumeAsync(string? name)
    {
        var known = name is null ? await NewestUnfinishedAsync() : await EvaluationLookup.FindAsync(control, name, context.Interrupt);
        if (known.State == RunState.Completed)
        {
            throw new UsageException($"Evaluation '{known.Evaluation}' is complete. '{context.CommandLine($"evaluations show {known.Evaluation}", store)}' shows its result.");
        }

        if (known.State == RunState.Canceled)
        {
            throw new UsageException($"Evaluation '{known.Evaluation}' was canceled and does not go on. 'afa evaluate' starts another.");
        }

        if (known.State == RunState.Running)
        {
            throw new UsageException($"Another process is at work on evaluation '{known.Evaluation}'. Follow it with: {context.CommandLine($"watch {known.Evaluation}", store)}");
        }

        output.WritePairs(EvaluationText.Describe(known.Evaluation, EvaluationLookup.Options(known), store));
        output.Text.WriteLine($"Resuming after {StatusText.Percent(known.Share)} of the work ({StatusText.Name(known.State)}).");
        await control.ResumeEvaluationAsync(known.Evaluation, context.Interrupt);
        return known.Evaluation;
    }

    /// <summary>Follows an evaluation to its end, shows the result and writes the report. Returns the exit code.</summary>
    /// <param name="reportDirectory">Null: <see cref="ReportDirectory"/>.</param>
    public async Task<int> FinishAsync(string evaluation, string? reportDirectory)
    {
        output.Text.WriteLine();
        var status = await FollowAsync(evaluation);
        if (status.State == RunState.Canceled)
        {
            throw new CommandFailedException($"Evaluation '{evaluation}' was canceled.");
        }

        if (status.State != RunState.Completed)
        {
            throw new CommandFailedException($"Evaluation '{evaluation}' {(status.State == RunState.Failed ? "failed" : "stopped")}: {status.Message}\nGo on with: {ResumeCommand(evaluation)}");
        }

        var document = await ShowAsync(status);
        var report = await ReportAsync(document, reportDirectory ?? ReportDirectory(store, evaluation));
        output.WriteDocument(RunDocument.Create(document, report));
        return ExitCode.Success;
    }

    /// <summary>Shows the result of a completed evaluation.</summary>
    public async Task<EvaluationDocument> ShowAsync(EvaluationStatus status)
    {
        var document = await EvaluationLookup.ResultAsync(control, status.Evaluation, context.Interrupt);
        ResultTable.Write(output, document);
        var options = EvaluationLookup.Options(status);
        if (options.SaveAdversarial)
        {
            var epsilons = Math.Max(1, options.Epsilons.Count);
            output.WritePairs(document.Results.Select((result, i) => (
                "Adversarial", $"{PathInStore($"evaluations/{status.Evaluation}/adversarial-{i / epsilons}-{i % epsilons}.npz")} ({CheckpointName.Short(result.Checkpoint)}, epsilon {result.Epsilon})")));
        }

        return document;
    }

    /// <summary>Writes the report, with the training if all checkpoints are of one run.</summary>
    /// <returns>Path of the HTML file.</returns>
    public async Task<string> ReportAsync(EvaluationDocument document, string directory, FeatureDocument? features = null)
    {
        var runs = document.Results.Select(result => CheckpointName.Run(result.Checkpoint)).Distinct().ToList();
        var training = runs is [{ } run] ? await control.GetTrainingAsync(run, context.Interrupt) : null;
        var report = ReportWriter.Write(directory, training, document, features);
        output.Text.WriteLine($"Report: {report}");
        return report;
    }

    private string PathInStore(string name) => SessionRequest.IsRemoteName(store) ? name : StoreLocation.Parse(store).PathOf(name);

    /// <summary>One that rests, before one that another process works on.</summary>
    private async Task<EvaluationStatus> NewestUnfinishedAsync()
    {
        var evaluations = await control.ListEvaluationsAsync(context.Interrupt);
        return evaluations.Where(evaluation => evaluation.State is not (RunState.Completed or RunState.Canceled)).OrderBy(evaluation => evaluation.State == RunState.Running).FirstOrDefault()
            ?? throw new UsageException($"There is no evaluation to resume in {store}{(evaluations.Count > 0 ? ": all are complete or canceled" : "")}. 'afa evaluate CHECKPOINT' starts a new one.");
    }

    private async Task<EvaluationStatus> FollowAsync(string evaluation)
    {
        try
        {
            return await output.WithProgressAsync(view => new EvaluationFollower(control, context.Clock).FollowAsync(evaluation, view, context.Interrupt));
        }
        catch (OperationCanceledException) when (context.Interrupt.IsCancellationRequested)
        {
            throw new CommandFailedException(SessionRequest.IsRemoteName(store)
                ? $"No longer followed; {context.GoesOn(evaluation, store)}"
                : $"Interrupted; what is finished is stored. Go on with: {ResumeCommand(evaluation)}");
        }
    }

    private string ResumeCommand(string evaluation) => context.CommandLine($"evaluate --resume {evaluation}", store);
}
