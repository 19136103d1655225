namespace Afa.Tests.Silo.Image;

/// <summary>One instruction of a Dockerfile, its lines joined.</summary>
internal sealed record Instruction(string Name, string Arguments);
