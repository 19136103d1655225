using System.Text.RegularExpressions;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>The secrets that the documentation's commands make, with values as those would have.</summary>
internal sealed partial class DocumentedSecrets
{
    private const string Example = "YSBzZWNyZXQgb2YgdGhlIGRvY3VtZW50YXRpb24=";   // Long enough for an API key, and base64, as the key of a storage account must be.

    private readonly ILookup<(string Secret, string Key), string> _values;

    private DocumentedSecrets(IEnumerable<(string Secret, string Key, string Value)> values) =>
        _values = values.ToLookup(value => (value.Secret, value.Key), value => value.Value);

    /// <summary>Reads every <c>create secret generic</c> of a Markdown text.</summary>
    public static DocumentedSecrets Read(string markdown) => new(
        from Match command in Command().Matches(markdown.Replace("\\\n", " ", StringComparison.Ordinal))
        from Match literal in Literal().Matches(command.Groups["literals"].Value)
        select (command.Groups["name"].Value, literal.Groups["key"].Value, Variable().Replace(literal.Groups["value"].Value.Trim('"'), Example)));

    public bool Has(string secret, string key) => _values.Contains((secret, key));

    /// <summary>The values that the documentation gives a key, the first one for the overlay dev.</summary>
    public IEnumerable<string> ValuesOf(string secret, string key) => _values[(secret, key)];

    [GeneratedRegex("create secret generic (?<name>[a-z-]+)(?<literals>.*)")]
    private static partial Regex Command();

    [GeneratedRegex("--from-literal=(?<key>[a-z.-]+)=(?<value>\"[^\"]*\"|\\S+)")]
    private static partial Regex Literal();

    [GeneratedRegex(@"\$\([^)]*\)|\$[a-z]+")]
    private static partial Regex Variable();
}
