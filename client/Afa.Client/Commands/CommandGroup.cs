namespace Afa.Client.Commands;

/// <summary>A command that only holds other commands; its examples are the first of each of theirs.</summary>
internal sealed class CommandGroup : ClientCommand
{
    public CommandGroup(string name, string description, params IReadOnlyList<ClientCommand> commands)
        : base(name, description, [.. commands.Select(command => command.Examples[0])])
    {
        foreach (var command in commands)
        {
            Subcommands.Add(command);
        }
    }
}
