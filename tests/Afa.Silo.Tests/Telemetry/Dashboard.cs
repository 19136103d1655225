using System.Text.Json;
using Xunit;

namespace Afa.Tests.Silo.Telemetry;

/// <summary>A Grafana dashboard of k8s/monitoring, as far as the tests look at it.</summary>
internal sealed class Dashboard
{
    private readonly JsonElement _root;

    private Dashboard(string path)
    {
        using var file = JsonDocument.Parse(File.ReadAllText(path));
        _root = file.RootElement.Clone();
        Name = Path.GetFileNameWithoutExtension(path);
        Panels = [.. _root.GetProperty("panels").EnumerateArray().Select(panel => new DashboardPanel(Name, panel))];
    }

    public static IReadOnlyList<Dashboard> All { get; } = [.. Directory.GetFiles(MonitoringFiles.Dashboards, "*.json").Order(StringComparer.Ordinal).Select(path => new Dashboard(path))];

    public string Name { get; }

    public string Identity => _root.GetProperty("uid").GetString()!;

    public IReadOnlyList<DashboardPanel> Panels { get; }

    public IEnumerable<string> Variables => Templates.Select(variable => variable.GetProperty("name").GetString()!);

    /// <summary>What the variables take their values from: a series and a label of it.</summary>
    public IEnumerable<(string Series, string Label)> VariableQueries => Templates.Where(variable => variable.GetProperty("type").GetString() == "query").Select(variable =>
    {
        var query = variable.GetProperty("query").GetProperty("query").GetString()!;
        Assert.Matches(@"^label_values\([a-z_]+, [a-z_]+\)$", query);
        var parts = query["label_values(".Length..^1].Split(", ");
        return (parts[0], parts[1]);
    });

    private IEnumerable<JsonElement> Templates => _root.GetProperty("templating").GetProperty("list").EnumerateArray();
}
