namespace Afa.Client.Options;

/// <summary>One value that a user gave for one key of an options record.</summary>
/// <param name="Key">Path in JSON, such as "attack.epsilon".</param>
/// <param name="Text">As written; null or empty for "no value".</param>
/// <param name="Source">Where it was written, such as "--epsilon" or "afa.yaml".</param>
internal sealed record Setting(string Key, string? Text, string Source);
