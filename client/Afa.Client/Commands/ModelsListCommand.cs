using Afa.Client.Output;

namespace Afa.Client.Commands;

/// <summary>The same as <see cref="ModelsCommand"/> alone.</summary>
internal sealed class ModelsListCommand : ClientCommand
{
    public ModelsListCommand(ClientContext context)
        : base("list", "Lists the known models.", "afa models list")
    {
        var json = SharedOptions.Json();
        Options.Add(json);
        SetAction(parsed => ModelsCommand.Write(new ClientOutput(context, parsed.GetValue(json))));
    }
}
