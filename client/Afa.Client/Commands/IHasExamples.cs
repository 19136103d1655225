namespace Afa.Client.Commands;

/// <summary>A command whose help ends with examples.</summary>
internal interface IHasExamples
{
    /// <summary>Lines that work when typed as they are, each with a comment where it needs one.</summary>
    IReadOnlyList<string> Examples { get; }
}
