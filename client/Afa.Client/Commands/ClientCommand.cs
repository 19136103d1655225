using System.CommandLine;

namespace Afa.Client.Commands;

/// <summary>A command of the client.</summary>
internal abstract class ClientCommand(string name, string description, params IReadOnlyList<string> examples) : Command(name, description), IHasExamples
{
    public IReadOnlyList<string> Examples { get; } = examples;
}
