using System.CommandLine;
using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Lists the runs of a store.</summary>
internal sealed class RunsCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Option<string?> _store = SharedOptions.Store();
    private readonly Option<bool> _json = SharedOptions.Json();

    public RunsCommand(ClientContext context)
        : base("runs", "Lists training runs, newest first.", "afa runs", "afa runs --json", "afa runs show my-run")
    {
        _context = context;
        Options.Add(_store);
        Options.Add(_json);
        Subcommands.Add(new RunsShowCommand(context));
        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var store = _context.StoreDirectory(parsed.GetValue(_store));
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        var runs = Directory.Exists(store) ? await ListAsync(store) : [];
        if (runs.Count == 0)
        {
            output.Text.WriteLine($"There are no runs in {store}. 'afa train' starts one.");
        }
        else if (!output.IsJson)
        {
            output.WriteTable(["Run", "State", "Epoch", "Step", "Started", "Message"], [.. runs.Select(Row)]);
        }

        output.WriteDocument(runs.Select(RunDocument.Create));
        return ExitCode.Success;
    }

    private async Task<IReadOnlyList<TrainingRunStatus>> ListAsync(string store)
    {
        await using var session = await _context.Connect(store, _context.Interrupt);
        return await session.Control.ListTrainingsAsync(_context.Interrupt);
    }

    private static IReadOnlyList<string> Row(TrainingRunStatus run) =>
    [
        run.Run,
        StatusText.Name(run.State),
        $"{run.Epoch}/{run.Epochs}",
        $"{run.Step}/{run.Steps}",
        StatusText.Time(run.CreatedAt),
        (run.Message ?? "").Split('\n')[0],
    ];
}
