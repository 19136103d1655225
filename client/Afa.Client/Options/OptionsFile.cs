namespace Afa.Client.Options;

/// <summary>Reads a YAML or JSON file of options into settings; nested keys are joined by dots.</summary>
internal static class OptionsFile
{
    /// <exception cref="UsageException">The file does not exist, is too large, or is not a mapping of keys to single values.</exception>
    public static IReadOnlyList<Setting> Read(string path) => OptionsTree.Read(path, "--options") switch
    {
        null or { IsText: true, Text: null } => [],   // An empty file sets nothing.
        { Members: not null } root => [.. Flatten(root, "", path)],
        _ => throw new UsageException($"--options: {path} must hold keys and values, such as 'epochs: 10'."),
    };

    private static IEnumerable<Setting> Flatten(OptionsNode node, string key, string path)
    {
        if (node.Items is not null)
        {
            throw new UsageException($"--options: {path}: '{key}' must have a single value, not a list or an alias.");
        }

        return node.Members?.SelectMany(member => Flatten(member.Value, key.Length == 0 ? member.Key : $"{key}.{member.Key}", path)) ?? [new Setting(key, node.Text, path)];
    }
}
