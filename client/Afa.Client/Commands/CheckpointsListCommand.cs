using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Lists stored checkpoints.</summary>
internal sealed class CheckpointsListCommand : StoreCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string?> _run = new("RUN") { Arity = ArgumentArity.ZeroOrOne, Description = "Only those of this run." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public CheckpointsListCommand(ClientContext context)
        : base(context, "list", "Lists stored checkpoints, newest first.", "afa checkpoints list", "afa checkpoints list my-run")
    {
        _context = context;
        Arguments.Add(_run);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        var run = parsed.GetValue(_run);
        if (run is not null)
        {
            await RunLookup.FindAsync(control, run, _context.Interrupt);
        }

        var checkpoints = await control.ListCheckpointsAsync(run, _context.Interrupt);
        if (checkpoints.Count == 0)
        {
            output.Text.WriteLine($"There are no checkpoints in {store}.");
        }
        else if (!output.IsJson)
        {
            output.WriteTable(["Checkpoint", "Model", "Phase", "Epoch", "Step", "Size", "Written", "Final", "Best"], [.. checkpoints.Select(Row)]);
        }

        output.WriteDocument(checkpoints);
        return ExitCode.Success;
    }

    private static IReadOnlyList<string> Row(CheckpointSummary checkpoint) =>
    [
        checkpoint.Name,
        checkpoint.Model,
        checkpoint.Phase,
        $"{checkpoint.Epoch}",
        $"{checkpoint.Step}",
        StatusText.Size(checkpoint.SizeInBytes),
        StatusText.Time(checkpoint.CreatedAt),
        checkpoint.IsFinal ? "yes" : "",
        checkpoint.IsBest ? "yes" : "",
    ];
}
