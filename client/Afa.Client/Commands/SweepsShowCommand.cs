using System.CommandLine;
using System.Text.Json;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Commands;

/// <summary>Shows one sweep.</summary>
internal sealed class SweepsShowCommand : StoreCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _sweep = new("NAME") { Description = "Name of a sweep." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public SweepsShowCommand(ClientContext context)
        : base(context, "show", "Shows a sweep: its trials, how far it is and what it has found so far.", "afa sweeps show my-sweep", "afa sweeps show my-sweep --json")
    {
        _context = context;
        Arguments.Add(_sweep);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        var status = await SweepLookup.FindAsync(control, parsed.GetValue(_sweep)!, _context.Interrupt);
        output.WritePairs(
        [
            .. SweepText.Describe(status.Sweep, SweepLookup.Plan(status), store),
            ("State", StatusText.Name(status.State)),
            ("Progress", $"{SweepText.Done(status)}, {StatusText.Percent(status.Share)} of the work, {StatusText.Duration(status.Elapsed)}"),
            .. status.Message is { } message ? [("Message", message)] : Array.Empty<(string, string)>(),
        ]);
        var document = RunDocument.Create(status);
        document["result"] = JsonSerializer.SerializeToNode(await new SweepJob(control, _context, output, store).ShowAsync(status), AfaJson.Options);
        output.WriteDocument(document);
        return ExitCode.Success;
    }
}
