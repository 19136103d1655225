using Xunit;

namespace Afa.Tests.Silo.Image;

/// <summary>A stage of a Dockerfile: what it starts from and what it does.</summary>
internal sealed record Stage(string Image, string? Name, IReadOnlyList<Instruction> Instructions)
{
    /// <summary>Arguments of the only instruction of a name.</summary>
    public string The(string name) => Assert.Single(Instructions, instruction => instruction.Name == name).Arguments;
}
