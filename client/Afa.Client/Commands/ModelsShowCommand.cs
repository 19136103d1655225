using System.CommandLine;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Models;

namespace Afa.Client.Commands;

/// <summary>Shows one model.</summary>
internal sealed class ModelsShowCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = $"One of {string.Join(", ", ModelRegistry.Names)}." };

    public ModelsShowCommand(ClientContext context)
        : base("show", "Shows what a model is and how to train it.", "afa models show preact-resnet-18")
    {
        _context = context;
        Arguments.Add(_name);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var name = parsed.GetValue(_name)!;
        ClosestName.Require("model", name, ModelRegistry.Names);
        new ClientOutput(_context, json: false).WritePairs(
        [
            ("Model", name),
            ("Description", ModelRegistry.Describe(name)),
            ("Train it", $"afa train --model {name}{(name == "wide-resnet" ? " --depth 28" : "")} --width 0.5"),
        ]);
        return ExitCode.Success;
    }
}
