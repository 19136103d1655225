using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Client.Reports;
using Afa.Evaluation.Features;
using Afa.Federation;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Writes the report of a run, an evaluation, a sweep or a federation again, compares federations, or looks into the feature spaces of checkpoints.</summary>
internal sealed class ReportCommand : StoreCommand
{
    private readonly ClientContext _context;

    private readonly Argument<string[]> _names = new("NAME")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = "Name of a training run, an evaluation, a sweep or a federation; several federations are compared. With --features: of a training run, an evaluation or a checkpoint (RUN/STEP), a pattern such as 'my-run/*', or several of these.",
    };

    private readonly Option<bool> _features = new("--features")
    {
        Description = "Measures how classes lie in feature space, clean and under PGD-20, and how smooth the model is. What was measured once is taken from the store.",
    };

    private readonly IReadOnlyList<SettingOption> _flags = FeatureFlags.Create();

    private readonly Option<string?> _report = new("--report")
    {
        HelpName = "DIR",
        Description = "Folder for the report. Without it: in the folder of the run, evaluation, sweep or federation in the store; for several federations, federations/report; for several names or a checkpoint with --features, features/report; in afa-reports here if the store is a container.",
    };

    public ReportCommand(ClientContext context)
        : this(context, new SessionFlags(takesDevices: true))
    {
    }

    private ReportCommand(ClientContext context, SessionFlags session)
        : base(
            context,
            session,
            "report",
            "Writes the report of an evaluation, a sweep or a federation again, or that of a training run with the evaluation that ended it; of several federations, how they compare; with --features, also how checkpoints compare in feature space.",
            "afa report my-run",
            "afa report my-evaluation",
            "afa report plain krum trimmed-mean --report aggregators   # federations side by side, such as rules under attack",
            "afa report my-run --features",
            "afa report my-afa my-trades my-pgd-at --features --report comparison   # one table, side by side projections",
            "afa report 'my-run/*' --features --epsilon 4/255 --images 500")
    {
        _context = context;
        Arguments.Add(_names);
        IReadOnlyList<Option> ofFeatures = [.. _flags, .. session.OfWork];
        foreach (var option in _flags.Prepend<Option>(_features).Append(_report))
        {
            Options.Add(option);
        }

        Validators.Add(result =>
        {
            if (result.GetValue(_features))
            {
                return;
            }

            if (ofFeatures.Where(flag => result.GetResult(flag) is { Implicit: false }).Select(flag => flag.Name).ToList() is { Count: > 0 } given)
            {
                result.AddError($"{string.Join(", ", given)}: only with --features, as a report without it measures nothing new.");
            }
        });
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var names = parsed.GetValue(_names)!;
        var output = new ClientOutput(_context, json: false);
        var isFeatures = parsed.GetValue(_features);
        if (names.Length > 1 && !isFeatures)
        {
            return await CompareAsync(control, names, output, parsed.GetValue(_report) ?? FederationJob.ComparisonDirectory(store));
        }

        var work = names is not [var name] ? null
            : isFeatures ? await NamedWork.TryFindAsync(control, name, _context.Interrupt)
            : await NamedWork.FindAsync(control, name, _context.Interrupt);
        if (work?.Evaluation is { State: not RunState.Completed } unfinished)
        {
            throw new CommandFailedException(
                $"Evaluation '{unfinished.Evaluation}' has no result yet ({StatusText.Name(unfinished.State)}, {StatusText.Percent(unfinished.Share)}). " +
                (unfinished.State == RunState.Canceled ? "It does not go on." : $"Go on with: {_context.CommandLine($"evaluate --resume {unfinished.Evaluation}", store)}"));
        }

        var features = isFeatures ? await AnalyzeAsync(parsed, control, output) : null;
        var given = parsed.GetValue(_report);
        switch (work)
        {
            case { Training: { } run }:
                await WriteTrainingAsync(output, control, run, features, TrainingJob.ReportDirectory(store, run.Run), given);
                break;
            case { Sweep: { } sweep }:
                var document = await SweepLookup.ResultAsync(control, sweep.Sweep, _context.Interrupt);
                new SweepJob(control, _context, output, store).Report(sweep, document, given ?? SweepJob.ReportDirectory(store, sweep.Sweep));
                break;
            case { Federation: { } federation }:
                new FederationJob(control, _context, output, store).Report(
                    await FederationLookup.ResultAsync(control, federation.Federation, _context.Interrupt), given ?? FederationJob.ReportDirectory(store, federation.Federation));
                break;
            case { Evaluation: { } evaluation }:
                var result = await EvaluationLookup.ResultAsync(control, evaluation.Evaluation, _context.Interrupt);
                var usual = EvaluationJob.ReportDirectory(store, evaluation.Evaluation);
                await new EvaluationJob(control, _context, output, store).ReportAsync(result, given ?? usual, features ?? StoredFeatures(usual));
                break;
            default:
                output.Text.WriteLine($"Report: {FeatureReport.Write(given ?? ReportLocation.Of(store, "features"), features!)}");
                break;
        }

        return ExitCode.Success;
    }

    private async Task<int> CompareAsync(IAfaControl control, IReadOnlyList<string> names, ClientOutput output, string directory)
    {
        var documents = new List<FederationDocument>();
        foreach (var name in names.Distinct())
        {
            documents.Add(await NamedWork.FindAsync(control, name, _context.Interrupt) is { Federation: { } federation }
                ? await FederationLookup.ResultAsync(control, federation.Federation, _context.Interrupt)
                : throw new UsageException($"Several names are compared with --features, or if all are federations; '{name}' is none. Without --features, name one run, evaluation or sweep."));
        }

        var table = FederationComparison.Ranking(documents);
        output.WriteTable(table.Columns, table.Rows);
        output.Text.WriteLine($"Report: {FederationComparison.Write(directory, documents)}");
        return ExitCode.Success;
    }

    private async Task<FeatureDocument> AnalyzeAsync(ParseResult parsed, IAfaControl control, ClientOutput output)
    {
        var dataset = _flags.Select(flag => flag.Read(parsed)).OfType<Setting>().FirstOrDefault(setting => setting.Key == "dataset")?.Text;
        dataset = dataset is null ? null : DatasetName.Resolve(dataset);
        var selection = await FeatureSelection.FindAsync(control, parsed.GetValue(_names)!, dataset, _context.Interrupt);
        var problems = new List<string>();
        var options = OptionsReader.Read(selection.Defaults, _flags.Select(flag => flag.Read(parsed)).OfType<Setting>(), problems).WithFullPaths();
        if (options.Norm != selection.Defaults.Norm && parsed.GetResult(EvaluationFlags.Epsilon) is null)
        {
            problems.Insert(0, $"--norm {StatusText.Name(options.Norm)} needs --epsilon: a radius in {StatusText.Name(selection.Defaults.Norm)} says nothing about it.");
        }

        UsageException.ThrowIfAny(problems);
        var document = await new FeatureJob(control, _context, output).AnalyzeAsync([.. selection.Checkpoints.Select(checkpoint => options with { Checkpoint = checkpoint })]);
        foreach (var table in FeatureTables.Figures(document))
        {
            output.Text.WriteLine();
            output.WriteTable(table.Columns, table.Rows);
        }

        output.Text.WriteLine();
        return document;
    }

    private async Task WriteTrainingAsync(ClientOutput output, IAfaControl control, TrainingRunStatus run, FeatureDocument? features, string usual, string? given)
    {
        var evaluations = await control.ListEvaluationsAsync(_context.Interrupt);   // Newest first.
        var last = evaluations.FirstOrDefault(evaluation => evaluation.State == RunState.Completed && RunName.IsEvaluationOf(run.Run, evaluation.Evaluation));
        var result = last is null ? null : await EvaluationLookup.ResultAsync(control, last.Evaluation, _context.Interrupt);
        if (result is null)
        {
            output.Text.WriteLine($"The training of '{run.Run}' did not end with an evaluation; the report shows the training only.");
        }

        output.Text.WriteLine($"Report: {ReportWriter.Write(given ?? usual, run, result, features ?? StoredFeatures(usual))}");
    }

    private static FeatureDocument? StoredFeatures(string directory) =>
        StoredResult.Read<FeatureDocument>(Path.Combine(directory, ReportWriter.FeaturesName), "Delete it and use --features again.");
}
