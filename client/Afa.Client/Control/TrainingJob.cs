using System.Text.Json;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Client.Reports;
using Afa.Data;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>One training run as the user of a terminal goes through it: start or resume, follow, evaluate, report.</summary>
internal sealed class TrainingJob(IAfaControl control, ClientContext context, ClientOutput output, string store)
{
    /// <summary>Starts a run and returns its name.</summary>
    /// <param name="name">Null: a new name is made.</param>
    public async Task<string> StartAsync(string? name, TrainingOptions options)
    {
        if (name is not null)
        {
            await NamedWork.RequireFreeAsync(control, context, store, name);
        }

        var run = name ?? await NamedWork.NewNameAsync(control, context, $"{DatasetRegistry.Get(options.Dataset).Name}-{StatusText.Name(options.Method)}");
        output.WritePairs(TrainingSummary.Describe(run, options, store));
        await control.StartTrainingAsync(run, JsonSerializer.Serialize(options, AfaJson.Options), context.Interrupt);
        return run;
    }

    /// <summary>Goes on with a run and returns its name and how it stood.</summary>
    /// <param name="name">Null: the newest run that is not complete.</param>
    public async Task<(string Run, TrainingRunStatus Known)> ResumeAsync(string? name)
    {
        var runs = await control.ListTrainingsAsync(context.Interrupt);
        var known = name is null
            ? runs.FirstOrDefault(run => run.State is not (RunState.Completed or RunState.Canceled))
                ?? throw new UsageException($"There is no run to resume in {store}{(runs.Count > 0 ? ": all are complete or canceled" : "")}. 'afa train' starts a new one.")
            : runs.FirstOrDefault(run => run.Run == name) ?? throw ClosestName.Unknown("run", name, [.. runs.Select(run => run.Run)]);

        if (known.State == RunState.Canceled)
        {
            throw new UsageException($"Run '{known.Run}' was canceled and does not go on. 'afa train' starts another.");
        }

        output.WritePairs(TrainingSummary.Describe(known.Run, Options(known), store));
        if (known.State == RunState.Completed)
        {
            output.Text.WriteLine("Training is complete; going on with the evaluation.");
        }
        else
        {
            output.Text.WriteLine($"Resuming after step {known.Step} of {known.Steps} ({StatusText.Name(known.State)} in epoch {Math.Min(known.Epoch + 1, known.Epochs)} of {known.Epochs}).");
            await control.ResumeTrainingAsync(known.Run, context.Interrupt);
        }

        return (known.Run, known);
    }

    /// <summary>Follows a run to its end, evaluates it and writes the report. Returns the exit code.</summary>
    /// <param name="known">How a resumed run stood; null for a new one.</param>
    /// <param name="images">How many images to evaluate on; null: no evaluation.</param>
    public async Task<int> FinishAsync(string run, TrainingRunStatus? known, int? images)
    {
        output.Text.WriteLine();
        var status = await output.WithProgressAsync(view => new TrainingFollower(control, context.Clock).FollowAsync(run, known, view, context.Interrupt));
        if (status.State != RunState.Completed)
        {
            output.WriteDocument(RunDocument.Create(status, evaluation: null, reportPath: null));
            return status.State == RunState.Paused
                ? Paused(status)
                : status.State == RunState.Canceled ? throw new CommandFailedException($"Run '{run}' was canceled after step {status.Step} of {status.Steps}.")
                : throw new CommandFailedException(
                    $"Run '{run}' failed {(status.Step == 0 ? "before its first step" : $"after step {status.Step} of {status.Steps}")}: {status.Message}\n" +
                    (status.Checkpoint is null ? "It has no checkpoint yet." : $"Its last checkpoint is {status.Checkpoint}; go on from there with: {ResumeCommand(run)}"));
        }

        output.Text.WriteLine($"Trained in {StatusText.Duration(status.Elapsed)}. Checkpoint: {status.Checkpoint}");
        if (status.Message is not null)
        {
            output.Text.WriteLine(status.Message);
        }

        var best = (await control.ListCheckpointsAsync(run, CancellationToken.None)).FirstOrDefault(checkpoint => checkpoint.IsBest);
        if (best is not null)
        {
            output.Text.WriteLine(CheckpointName.DescribeBest(best));
        }

        var evaluation = images is null ? null : await EvaluateAsync(status, best?.Name, images.Value);
        if (evaluation is not null)
        {
            ResultTable.Write(output, evaluation);
        }

        var report = ReportWriter.Write(ReportDirectory(store, run), status, evaluation);
        output.Text.WriteLine($"Report: {report}");
        output.WriteDocument(RunDocument.Create(status, evaluation, report));
        return ExitCode.Success;
    }

    /// <summary>Folder of a run's report.</summary>
    public static string ReportDirectory(string store, string run) => ReportLocation.Of(store, $"runs/{run}");

    /// <summary>The options that a run was started with.</summary>
    public static TrainingOptions Options(TrainingRunStatus status) => JsonSerializer.Deserialize<TrainingOptions>(status.OptionsJson, AfaJson.Options)!;

    /// <summary>Evaluates under the threat model of the training.</summary>
    public static EvaluationOptions EvaluationOptions(TrainingOptions training, params IReadOnlyList<string> checkpoints) => new()
    {
        Checkpoints = checkpoints,
        Dataset = training.Dataset,
        DataDirectory = training.DataDirectory,
        Norm = training.Attack.Norm,
        Epsilons = training.Attack.Epsilon is { } epsilon ? [epsilon] : [],
        Seed = training.Seed,
    };

    private int Paused(TrainingRunStatus status)
    {
        output.Text.WriteLine($"Paused after step {status.Step} of {status.Steps}. Go on with: {ResumeCommand(status.Run)}");
        return ExitCode.Failure;
    }

    /// <param name="best">The best checkpoint by validation, if there is one: it is evaluated, else the last.</param>
    private async Task<EvaluationDocument> EvaluateAsync(TrainingRunStatus status, string? best, int images)
    {
        var checkpoint = best ?? status.Checkpoint ?? throw new CommandFailedException($"Run '{status.Run}' is complete but has no checkpoint; nothing can be evaluated.");
        var options = JsonSerializer.Serialize(EvaluationOptions(Options(status), checkpoint) with { Images = images }, AfaJson.Options);
        var name = RunName.ForEvaluation(status.Run, options);
        try
        {
            await control.StartEvaluationAsync(name, options, context.Interrupt);
            var ended = await output.WithProgressAsync(view => new EvaluationFollower(control, context.Clock).FollowAsync(name, view, context.Interrupt));
            return ended.State == RunState.Completed
                ? await EvaluationLookup.ResultAsync(control, name, context.Interrupt)
                : throw new CommandFailedException($"The evaluation of {checkpoint} failed: {ended.Message}\nThe trained model is stored. Evaluate it with: {ResumeCommand(status.Run)}");
        }
        catch (OperationCanceledException) when (context.Interrupt.IsCancellationRequested)
        {
            throw new CommandFailedException(SessionRequest.IsRemoteName(store)
                ? $"No longer followed; the trained model is stored and its evaluation {context.GoesOn(name, store)}"
                : $"Interrupted in the evaluation; the trained model is stored. Evaluate it with: {ResumeCommand(status.Run)}");
        }
    }

    private string ResumeCommand(string run) => context.CommandLine($"train --resume {run}", store);
}
