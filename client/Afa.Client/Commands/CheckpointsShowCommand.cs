using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Output;

namespace Afa.Client.Commands;

/// <summary>Shows one stored checkpoint.</summary>
internal sealed class CheckpointsShowCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = "Name of a stored checkpoint, or of a run: its final or newest checkpoint." };
    private readonly Option<string?> _store = SharedOptions.Store();
    private readonly Option<bool> _json = SharedOptions.Json();

    public CheckpointsShowCommand(ClientContext context)
        : base("show", "Shows a checkpoint and what was measured when it was written.", "afa checkpoints show my-run")
    {
        _context = context;
        Arguments.Add(_name);
        Options.Add(_store);
        Options.Add(_json);
        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var store = _context.ExistingStoreDirectory(parsed.GetValue(_store));
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        await using var session = await _context.Connect(store, _context.Interrupt);
        var checkpoint = await CheckpointLookup.FindAsync(session.Control, parsed.GetValue(_name)!, _context.Interrupt);
        if (!output.IsJson)
        {
            output.WritePairs(
            [
                ("Checkpoint", checkpoint.Name),
                ("Run", checkpoint.Run),
                ("Model", checkpoint.Model),
                ("Position", $"{checkpoint.Phase}, epoch {checkpoint.Epoch}, step {checkpoint.Step}{(checkpoint.IsFinal ? ", final" : "")}"),
                ("Size", StatusText.Size(checkpoint.SizeInBytes)),
                ("Written", StatusText.Time(checkpoint.CreatedAt)),
                .. checkpoint.Metrics.Select(metric => (metric.Key, StatusText.Number(metric.Value, "0.####"))),
            ]);
        }

        output.WriteDocument(checkpoint);
        return ExitCode.Success;
    }
}
