using System.Text.Json;
using Afa.Client.Output;
using Afa.Client.Reports;
using Afa.Grains;
using Afa.Sweeps;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>One sweep as the user of a terminal goes through it: start or resume, follow, show, report.</summary>
internal sealed class SweepJob(IAfaControl control, ClientContext context, ClientOutput output, string store)
{
    /// <summary>Folder of a sweep's report, unless the user names another.</summary>
    public static string ReportDirectory(string store, string sweep) => ReportLocation.Of(store, $"sweeps/{sweep}");

    /// <summary>A name for a sweep that has none.</summary>
    public Task<string> NewNameAsync() => NamedWork.NewNameAsync(control, context, "sweep");

    public async Task StartAsync(string sweep, SweepPlan plan)
    {
        await NamedWork.RequireFreeAsync(control, context, store, sweep);
        output.WritePairs(SweepText.Describe(sweep, plan, store));
        await control.StartSweepAsync(sweep, JsonSerializer.Serialize(plan, AfaJson.Options), context.Interrupt);
    }

    /// <summary>Goes on with a sweep and returns how it stood.</summary>
    /// <param name="name">Null: the newest that is not complete.</param>
    public async Task<SweepStatus> ResumeAsync(string? name)
    {
        var known = name is null ? await NewestUnfinishedAsync() : await SweepLookup.FindAsync(control, name, context.Interrupt);
        if (known.State == RunState.Completed && SweepText.Count(known, SweepTrialState.Failed) == 0)
        {
            throw new UsageException($"Sweep '{known.Sweep}' is complete. '{context.CommandLine($"sweeps show {known.Sweep}", store)}' shows its result.");
        }

        if (known.State == RunState.Canceled)
        {
            throw new UsageException($"Sweep '{known.Sweep}' was canceled and does not go on. 'afa sweep' starts another.");
        }

        if (known.State == RunState.Running)
        {
            throw new UsageException($"Another process is at work on sweep '{known.Sweep}'. Follow it with: {context.CommandLine($"watch {known.Sweep}", store)}");
        }

        output.WritePairs(SweepText.Describe(known.Sweep, SweepLookup.Plan(known), store));
        output.Text.WriteLine($"Resuming after {SweepText.Done(known)} ({StatusText.Name(known.State)}).");
        await control.ResumeSweepAsync(known.Sweep, context.Interrupt);
        return known;
    }

    /// <summary>Follows a sweep to its end, shows the result and writes the report. Returns the exit code.</summary>
    /// <param name="known">How a resumed sweep stood; null for a new one.</param>
    /// <param name="reportDirectory">Null: <see cref="ReportDirectory"/>.</param>
    public async Task<int> FinishAsync(string sweep, SweepStatus? known, string? reportDirectory)
    {
        output.Text.WriteLine();
        var status = await output.WithProgressAsync(view => new SweepFollower(control, context.Clock).FollowAsync(sweep, known, view, context.Interrupt));
        if (status.State == RunState.Canceled)
        {
            throw new CommandFailedException($"Sweep '{sweep}' was canceled.");
        }

        if (status.State == RunState.Failed)
        {
            throw new CommandFailedException($"Sweep '{sweep}' failed: {status.Message}\nGo on with: {ResumeCommand(sweep)}");
        }

        var document = await ShowAsync(status);
        Report(status, document, reportDirectory ?? ReportDirectory(store, sweep));
        output.WriteDocument(document);
        return Conclude(status);
    }

    /// <summary>Says how to go on with a sweep that is not complete or has failed trials. Returns the exit code.</summary>
    public int Conclude(SweepStatus status)
    {
        if (status.State == RunState.Paused)
        {
            output.Text.WriteLine($"Paused after {SweepText.Done(status)}{(status.Message is null ? "" : $": {status.Message}")}. Go on with: {ResumeCommand(status.Sweep)}");
        }
        else if (SweepText.Count(status, SweepTrialState.Failed) > 0)
        {
            output.Text.WriteLine($"{status.Message} {ResumeCommand(status.Sweep)}");
        }

        return status.State == RunState.Completed && SweepText.Count(status, SweepTrialState.Failed) == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>Shows what a sweep has found so far.</summary>
    public async Task<SweepDocument> ShowAsync(SweepStatus status)
    {
        var document = await SweepLookup.ResultAsync(control, status.Sweep, context.Interrupt.IsCancellationRequested ? CancellationToken.None : context.Interrupt);
        foreach (var table in SweepTables.All(document))
        {
            output.Text.WriteLine();
            output.Text.WriteLine(table.Title);
            output.WriteTable(table.Columns, table.Rows);
        }

        return document;
    }

    /// <summary>Writes the report and returns the path of the HTML file.</summary>
    public string Report(SweepStatus status, SweepDocument document, string directory)
    {
        var report = SweepReport.Write(directory, SweepLookup.Plan(status), document);
        output.Text.WriteLine($"Report: {report}");
        return report;
    }

    /// <summary>One that rests, before one that another process works on.</summary>
    private async Task<SweepStatus> NewestUnfinishedAsync()
    {
        var sweeps = await control.ListSweepsAsync(context.Interrupt);
        return sweeps.Where(sweep => sweep.State is not (RunState.Completed or RunState.Canceled)).OrderBy(sweep => sweep.State == RunState.Running).FirstOrDefault()
            ?? throw new UsageException($"There is no sweep to resume in {store}{(sweeps.Count > 0 ? ": all are complete or canceled" : "")}. 'afa sweep --help' shows how to start one.");
    }

    private string ResumeCommand(string sweep) => context.CommandLine($"sweep --resume {sweep}", store);
}
