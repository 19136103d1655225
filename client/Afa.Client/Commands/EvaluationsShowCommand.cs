using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Shows one evaluation.</summary>
internal sealed class EvaluationsShowCommand : StoreCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _evaluation = new("NAME") { Description = "Name of an evaluation." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public EvaluationsShowCommand(ClientContext context)
        : base(context, "show", "Shows an evaluation: its options, how far it is and what it has found.", "afa evaluations show my-evaluation", "afa evaluations show my-evaluation --json")
    {
        _context = context;
        Arguments.Add(_evaluation);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        var status = await EvaluationLookup.FindAsync(control, parsed.GetValue(_evaluation)!, _context.Interrupt);
        var document = RunDocument.Create(status);
        output.WritePairs(
        [
            .. EvaluationText.Describe(status.Evaluation, EvaluationLookup.Options(status), store),
            ("State", StatusText.Name(status.State)),
            ("Progress", $"{StatusText.Percent(status.Share)}, {status.ImagesDone} of {status.Images} images, {StatusText.Duration(status.Elapsed)}"),
            .. status.Message is { } message ? [("Message", message)] : Array.Empty<(string, string)>(),
        ]);
        if (status.State == RunState.Completed)
        {
            document["result"] = RunDocument.Create(await new EvaluationJob(control, _context, output, store).ShowAsync(status));
        }
        else
        {
            output.WritePairs(EvaluationText.Standing(status));
        }

        output.WriteDocument(document);
        return ExitCode.Success;
    }
}
