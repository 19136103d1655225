namespace Afa.Client.Options;

/// <summary>A value of an options file: exactly one of text (which may be null), list and mapping.</summary>
internal sealed record OptionsNode
{
    /// <summary>As written; null for "no value".</summary>
    public string? Text { get; init; }

    public IReadOnlyList<OptionsNode>? Items { get; init; }

    /// <summary>In the order of the file; a key may come twice.</summary>
    public IReadOnlyList<(string Key, OptionsNode Value)>? Members { get; init; }

    public bool IsText => Items is null && Members is null;
}
