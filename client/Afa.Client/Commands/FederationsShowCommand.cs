using System.CommandLine;
using System.Text.Json;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Commands;

/// <summary>Shows one federation.</summary>
internal sealed class FederationsShowCommand : StoreCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _federation = new("NAME") { Description = "Name of a federation." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public FederationsShowCommand(ClientContext context)
        : base(context, "show", "Shows a federation: its options, how far it is and what it has found so far.", "afa federations show my-federation", "afa federations show my-federation --json")
    {
        _context = context;
        Arguments.Add(_federation);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        var status = await FederationLookup.FindAsync(control, parsed.GetValue(_federation)!, _context.Interrupt);
        output.WritePairs(
        [
            .. FederationText.Describe(status.Federation, FederationLookup.Options(status), store),
            ("State", StatusText.Name(status.State)),
            ("Progress", $"{FederationText.Done(status)}, {StatusText.Percent(status.Share)} of the work, {StatusText.Duration(status.Elapsed)}"),
            ("Checkpoint", status.Checkpoint ?? "none yet"),
            .. status.Message is { } message ? [("Message", message)] : Array.Empty<(string, string)>(),
        ]);
        var document = RunDocument.Create(status);
        document["result"] = JsonSerializer.SerializeToNode(await new FederationJob(control, _context, output, store).ShowAsync(status), AfaJson.Options);
        output.WriteDocument(document);
        return ExitCode.Success;
    }
}
