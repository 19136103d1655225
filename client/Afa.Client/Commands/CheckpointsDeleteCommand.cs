using System.CommandLine;
using Afa.Client.Options;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Deletes one stored checkpoint.</summary>
internal sealed class CheckpointsDeleteCommand : StoreCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = "Full name of a stored checkpoint, as 'afa checkpoints list' shows it." };

    public CheckpointsDeleteCommand(ClientContext context)
        : base(context, "delete", "Deletes a checkpoint. There is no way back.", "afa checkpoints delete runs/my-run/checkpoints/step-00000120")
    {
        _context = context;
        Arguments.Add(_name);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var name = parsed.GetValue(_name)!;

        // A run's name is not taken for its newest checkpoint here: that would be deleted too easily.
        var checkpoints = await control.ListCheckpointsAsync(null, _context.Interrupt);
        ClosestName.Require("checkpoint", name, [.. checkpoints.Select(checkpoint => checkpoint.Name)]);
        await control.DeleteCheckpointAsync(name, _context.Interrupt);
        _context.Output.WriteLine($"Deleted {name}.");
        return ExitCode.Success;
    }
}
