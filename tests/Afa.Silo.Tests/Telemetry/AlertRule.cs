using System.Text.RegularExpressions;
using YamlDotNet.Serialization;

namespace Afa.Tests.Silo.Telemetry;

/// <summary>An alert rule of k8s/monitoring/alerts.yaml, as far as the tests look at it.</summary>
internal sealed partial record AlertRule(string Name, string Expression, string Severity, IReadOnlyDictionary<string, string> Annotations)
{
    public static IReadOnlyList<AlertRule> All { get; } = Read();

    /// <summary>The series that the expression reads, with the labels that it asks for.</summary>
    public IEnumerable<string> Selectors => SelectorPattern().Matches(Expression).Select(match => match.Value);

    private static List<AlertRule> Read()
    {
        using var reader = File.OpenText(MonitoringFiles.Alerts);
        var root = (Dictionary<object, object>)new DeserializerBuilder().Build().Deserialize(reader)!;
        return [.. ((List<object>)root["groups"]).Cast<Dictionary<object, object>>()
            .SelectMany(group => ((List<object>)group["rules"]).Cast<Dictionary<object, object>>())
            .Select(rule => new AlertRule((string)rule["alert"], (string)rule["expr"], Texts(rule["labels"])["severity"], Texts(rule["annotations"])))];
    }

    private static Dictionary<string, string> Texts(object node) => ((Dictionary<object, object>)node).ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value);

    [GeneratedRegex(@"\b(up|(afa|dotnet|orleans)_\w+)\b(\{[^}]*\})?")]
    private static partial Regex SelectorPattern();
}
