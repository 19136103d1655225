using System.CommandLine;
using Afa.Client.Options;

namespace Afa.Client.Commands;

/// <summary>Deletes one stored checkpoint.</summary>
internal sealed class CheckpointsDeleteCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = "Full name of a stored checkpoint, as 'afa checkpoints list' shows it." };
    private readonly Option<string?> _store = SharedOptions.Store();

    public CheckpointsDeleteCommand(ClientContext context)
        : base("delete", "Deletes a checkpoint. There is no way back.", "afa checkpoints delete runs/my-run/checkpoints/step-00000120")
    {
        _context = context;
        Arguments.Add(_name);
        Options.Add(_store);
        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var store = _context.ExistingStoreDirectory(parsed.GetValue(_store));
        var name = parsed.GetValue(_name)!;
        await using var session = await _context.Connect(store, _context.Interrupt);

        // A run's name is not taken for its newest checkpoint here: that would be deleted too easily.
        var checkpoints = await session.Control.ListCheckpointsAsync(null, _context.Interrupt);
        ClosestName.Require("checkpoint", name, [.. checkpoints.Select(checkpoint => checkpoint.Name)]);
        await session.Control.DeleteCheckpointAsync(name, _context.Interrupt);
        _context.Output.WriteLine($"Deleted {name}.");
        return ExitCode.Success;
    }
}
