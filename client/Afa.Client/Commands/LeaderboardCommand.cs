using System.CommandLine;
using Afa.Attacks;
using Afa.Client.Control;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Client.Reports;
using Afa.Data;
using Afa.Evaluation;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Ranks all checkpoints that have been evaluated.</summary>
internal sealed class LeaderboardCommand : StoreCommand
{
    private readonly ClientContext _context;
    private readonly Option<string?> _dataset = new("--dataset") { HelpName = "NAME", Description = $"Only this data set: one of {DatasetName.Choices}." };
    private readonly Option<string?> _norm = new("--norm") { HelpName = SettingOption.Choices<AttackNorm>(), Description = "Only this norm." };
    private readonly Option<string?> _epsilon = new("--epsilon") { HelpName = "RADIUS", Description = "Only this radius, such as 0.1 or 8/255." };
    private readonly Option<string?> _report = new("--report") { HelpName = "DIR", Description = "Writes leaderboard.html into this folder." };
    private readonly Option<bool> _markdown = new("--markdown") { Description = "Print Markdown, also on a terminal." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public LeaderboardCommand(ClientContext context)
        : base(
            context,
            "leaderboard",
            "Ranks all checkpoints that have been evaluated, for each data set, norm and radius.",
            "afa leaderboard",
            "afa leaderboard --dataset cifar-10 --norm linf --epsilon 8/255 --report my-leaderboard",
            "afa leaderboard --markdown",
            "afa leaderboard --json")
    {
        _context = context;
        foreach (var option in new Option[] { _dataset, _norm, _epsilon, _report, _markdown, _json })
        {
            Options.Add(option);
        }

        Validators.Add(result =>
        {
            if (result.GetValue(_json) && result.GetValue(_markdown))
            {
                result.AddError("--json and --markdown cannot be given together.");
            }
        });
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var isWanted = Filter(parsed);
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        var documents = new List<EvaluationDocument>();
        foreach (var evaluation in (await control.ListEvaluationsAsync(_context.Interrupt)).Where(evaluation => evaluation.State == RunState.Completed))
        {
            try
            {
                documents.Add(await EvaluationLookup.ResultAsync(control, evaluation.Evaluation, _context.Interrupt));
            }
            catch (CommandFailedException exception)
            {
                output.WriteWarning($"Left out: {exception.Message}");   // One result that is lost does not hide the others.
            }
        }

        var groups = Leaderboard.Create([.. documents.Select(document => document with { Results = [.. document.Results.Where(isWanted)] })]);
        if (groups.Count == 0)
        {
            output.Text.WriteLine(documents.Count == 0
                ? $"No evaluation is complete in {store}. 'afa evaluate CHECKPOINT' starts one; 'afa evaluations' shows how far they are."
                : $"None of the {StatusText.Count(documents.Count, "complete evaluation")} in {store} fits; leave out --dataset, --norm or --epsilon.");
        }
        else if (!output.IsJson)
        {
            Write(output, groups, parsed.GetValue(_markdown));
        }

        if (parsed.GetValue(_report) is { } directory)
        {
            output.Text.WriteLine($"Report: {LeaderboardReport.Write(directory, groups)}");
        }

        output.WriteDocument(groups);
        return ExitCode.Success;
    }

    private Func<EvaluationResult, bool> Filter(ParseResult parsed)
    {
        var (dataset, norm, epsilon) = (parsed.GetValue(_dataset), parsed.GetValue(_norm), parsed.GetValue(_epsilon));
        if (dataset is not null)
        {
            dataset = DatasetRegistry.Get(DatasetName.Resolve(dataset)).Name;
        }

        if (norm is not null)
        {
            ClosestName.Require("norm", norm, [.. Enum.GetValues<AttackNorm>().Select(StatusText.Name)]);
        }

        var radius = 0.0;
        if (epsilon is not null && !Radius.TryParse(epsilon, out radius))
        {
            throw new UsageException($"--epsilon: {Radius.Problem(epsilon, AttackNorm.L2)}.");
        }

        return result =>
            (dataset is null || result.Dataset == dataset)
            && (norm is null || result.Norm == norm)
            && (epsilon is null || result.Epsilon == epsilon || (Radius.TryParse(result.Epsilon, out var value) && Math.Abs(value - radius) < 1e-9));
    }

    private static void Write(ClientOutput output, IReadOnlyList<LeaderboardGroup> groups, bool isMarkdown)
    {
        foreach (var table in groups.SelectMany(LeaderboardTables.Create))
        {
            output.Text.WriteLine($"{(isMarkdown ? "## " : "")}{table.Title}");
            output.Text.WriteLine();
            string[] columns = [.. table.Columns.Select(CheckpointName.Short)];
            string[][] rows = [.. table.Rows.Select(row => row.Select(CheckpointName.Short).ToArray())];
            if (isMarkdown)
            {
                output.WriteMarkdownTable(columns, rows);
            }
            else
            {
                output.WriteTable(columns, rows);
            }

            output.Text.WriteLine();
        }

        foreach (var row in groups.SelectMany(group => group.Rows))
        {
            foreach (var warning in row.Warnings)
            {
                output.WriteWarning($"{CheckpointName.Short(row.Checkpoint)}: {warning}");
            }
        }
    }
}
