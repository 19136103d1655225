namespace Afa.Silo.Api;

/// <summary>Answer to an import.</summary>
/// <param name="Name">Name of the checkpoint in the store.</param>
public sealed record ImportedName(string Name);
