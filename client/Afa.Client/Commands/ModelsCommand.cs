using Afa.Client.Output;
using Afa.Models;

namespace Afa.Client.Commands;

/// <summary>Lists the known models.</summary>
internal sealed class ModelsCommand : ClientCommand
{
    public ModelsCommand(ClientContext context)
        : base("models", "Lists the known models.", "afa models", "afa models show wrn-28-10 --dataset cifar-10")
    {
        var json = SharedOptions.Json();
        Options.Add(json);
        Subcommands.Add(new ModelsListCommand(context));
        Subcommands.Add(new ModelsShowCommand(context));
        SetAction(parsed => Write(new ClientOutput(context, parsed.GetValue(json))));
    }

    public static int Write(ClientOutput output)
    {
        if (!output.IsJson)
        {
            output.WriteTable(["Model", "Description"], [.. ModelRegistry.Names.Select(name => new[] { name, ModelRegistry.Describe(name) })]);
        }

        output.WriteDocument(ModelRegistry.Names.Select(name => new { Name = name, Description = ModelRegistry.Describe(name) }));
        return ExitCode.Success;
    }
}
