using System.Text.Json;
using Afa.Client.Output;
using Afa.Client.Reports;
using Afa.Federation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>One federation as the user of a terminal goes through it: start or resume, follow, show, report.</summary>
internal sealed class FederationJob(IAfaControl control, ClientContext context, ClientOutput output, string store)
{
    /// <summary>Folder of a federation's report, unless the user names another.</summary>
    public static string ReportDirectory(string store, string federation) => ReportLocation.Of(store, $"federations/{federation}");

    /// <summary>Folder of a report that compares federations.</summary>
    public static string ComparisonDirectory(string store) => ReportLocation.Of(store, "federations");

    /// <summary>Starts a federation and returns its name.</summary>
    /// <param name="name">Null: a new name is made.</param>
    public async Task<string> StartAsync(string? name, FederationOptions options)
    {
        if (name is not null)
        {
            await NamedWork.RequireFreeAsync(control, context, store, name);
        }

        var federation = name ?? await NamedWork.NewNameAsync(control, context, "federation");
        output.WritePairs(FederationText.Describe(federation, options, store));
        await control.StartFederationAsync(federation, JsonSerializer.Serialize(options, AfaJson.Options), context.Interrupt);
        return federation;
    }

    /// <summary>Goes on with a federation and returns how it stood.</summary>
    /// <param name="name">Null: the newest that is not complete.</param>
    public async Task<FederationStatus> ResumeAsync(string? name)
    {
        var known = name is null ? await NewestUnfinishedAsync() : await FederationLookup.FindAsync(control, name, context.Interrupt);
        switch (known.State)
        {
            case RunState.Completed:
                throw new UsageException($"Federation '{known.Federation}' is complete. '{context.CommandLine($"federations show {known.Federation}", store)}' shows its result.");
            case RunState.Canceled:
                throw new UsageException($"Federation '{known.Federation}' was canceled and does not go on. 'afa federate' starts another.");
            case RunState.Running:
                throw new UsageException($"Another process is at work on federation '{known.Federation}'. Follow it with: {context.CommandLine($"watch {known.Federation}", store)}");
        }

        output.WritePairs(FederationText.Describe(known.Federation, FederationLookup.Options(known), store));
        output.Text.WriteLine($"Resuming after {FederationText.Done(known)} ({StatusText.Name(known.State)}).");
        await control.ResumeFederationAsync(known.Federation, context.Interrupt);
        return known;
    }

    /// <summary>Follows a federation to its end, shows the result and writes the report. Returns the exit code.</summary>
    /// <param name="known">How a resumed federation stood; null for a new one.</param>
    /// <param name="reportDirectory">Null: <see cref="ReportDirectory"/>.</param>
    public async Task<int> FinishAsync(string federation, FederationStatus? known, string? reportDirectory)
    {
        output.Text.WriteLine();
        var status = await output.WithProgressAsync(view => new FederationFollower(control, context.Clock).FollowAsync(federation, known, view, context.Interrupt));
        if (status.State == RunState.Canceled)
        {
            throw new CommandFailedException($"Federation '{federation}' was canceled after {FederationText.Done(status)}.");
        }

        if (status.State == RunState.Failed)
        {
            throw new CommandFailedException($"Federation '{federation}' failed after {FederationText.Done(status)}: {status.Message}\nGo on with: {ResumeCommand(federation)}");
        }

        var document = await ShowAsync(status);
        var report = Report(document, reportDirectory ?? ReportDirectory(store, federation));
        output.WriteDocument(RunDocument.Create(document, report));
        return Conclude(status, document);
    }

    /// <summary>Shows what a federation has found so far.</summary>
    public async Task<FederationDocument> ShowAsync(FederationStatus status)
    {
        var document = await FederationLookup.ResultAsync(control, status.Federation, context.Interrupt.IsCancellationRequested ? CancellationToken.None : context.Interrupt);
        foreach (var table in FederationTables.Results(document).Where(table => table.Rows.Count > 0))
        {
            output.Text.WriteLine();
            output.Text.WriteLine(table.Title);
            output.WriteTable(table.Columns, table.Rows);
        }

        if (FederationPrivacy.Spent(document) is { } privacy)
        {
            output.Text.WriteLine();
            output.Text.WriteLine(privacy);
        }

        return document;
    }

    /// <summary>Says what can be done next. Returns the exit code.</summary>
    public int Conclude(FederationStatus status, FederationDocument document)
    {
        if (status.State == RunState.Paused)
        {
            output.Text.WriteLine($"Paused after {FederationText.Done(status)}{(status.Message is null ? "" : $": {status.Message}")}. Go on with: {ResumeCommand(status.Federation)}");
            return ExitCode.Failure;
        }

        if (status.Message is not null)
        {
            output.Text.WriteLine(status.Message);
        }

        if (document.Rounds is [.., var last])
        {
            output.Text.WriteLine($"Attack its model with: {context.CommandLine($"evaluate {CheckpointName.Short(last.Checkpoint)} --attack autoattack", store)}");
        }

        output.Text.WriteLine($"Compare it with others: {context.CommandLine($"report {status.Federation} OTHER", store)}");
        return ExitCode.Success;
    }

    /// <summary>Writes the report and returns the path of the HTML file.</summary>
    public string Report(FederationDocument document, string directory)
    {
        var report = FederationReport.Write(directory, document);
        output.Text.WriteLine($"Report: {report}");
        return report;
    }

    /// <summary>One that rests, before one that another process works on.</summary>
    private async Task<FederationStatus> NewestUnfinishedAsync()
    {
        var federations = await control.ListFederationsAsync(context.Interrupt);
        return federations.Where(federation => federation.State is not (RunState.Completed or RunState.Canceled)).OrderBy(federation => federation.State == RunState.Running).FirstOrDefault()
            ?? throw new UsageException($"There is no federation to resume in {store}{(federations.Count > 0 ? ": all are complete or canceled" : "")}. 'afa federate' starts a new one.");
    }

    private string ResumeCommand(string federation) => context.CommandLine($"federate --resume {federation}", store);
}
