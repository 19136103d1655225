using System.CommandLine;
using Afa.Attacks;
using Afa.Client.Output;

namespace Afa.Client.Commands;

/// <summary>Lists the known attacks.</summary>
internal sealed class AttacksCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Option<bool> _json = SharedOptions.Json();

    public AttacksCommand(ClientContext context)
        : base("attacks", "Lists the attacks that an evaluation can use.", "afa attacks")
    {
        _context = context;
        Options.Add(_json);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        if (!output.IsJson)
        {
            output.WriteTable(["Attack", "Description"], [.. AttackRegistry.All.Select(attack => new[] { attack.Name, attack.Description })]);
        }

        output.WriteDocument(AttackRegistry.All);
        return ExitCode.Success;
    }
}
