using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Shows one stored checkpoint.</summary>
internal sealed class CheckpointsShowCommand : StoreCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = "Name of a stored checkpoint, or of a run: its best checkpoint if it was validated, else the last. RUN/best and RUN/last name them." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public CheckpointsShowCommand(ClientContext context)
        : base(context, "show", "Shows a checkpoint and what was measured when it was written.", "afa checkpoints show my-run")
    {
        _context = context;
        Arguments.Add(_name);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        var checkpoint = await CheckpointLookup.FindAsync(control, parsed.GetValue(_name)!, _context.Interrupt);
        if (!output.IsJson)
        {
            output.WritePairs(
            [
                ("Checkpoint", checkpoint.Name),
                ("Run", checkpoint.Run),
                ("Model", checkpoint.Model),
                ("Position", $"{checkpoint.Phase}, epoch {checkpoint.Epoch}, step {checkpoint.Step}{(checkpoint.IsFinal ? ", final" : "")}{(checkpoint.IsBest ? ", best by validation" : "")}"),
                ("Size", StatusText.Size(checkpoint.SizeInBytes)),
                ("Written", StatusText.Time(checkpoint.CreatedAt)),
                .. checkpoint.Metrics.Select(metric => (metric.Key, StatusText.Number(metric.Value, "0.####"))),
            ]);
        }

        output.WriteDocument(checkpoint);
        return ExitCode.Success;
    }
}
