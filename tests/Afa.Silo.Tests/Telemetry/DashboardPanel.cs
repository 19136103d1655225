using System.Text.Json;

namespace Afa.Tests.Silo.Telemetry;

/// <summary>A panel or the heading of a row.</summary>
internal sealed class DashboardPanel(string dashboard, JsonElement panel)
{
    public int Id => panel.GetProperty("id").GetInt32();

    public string Title => panel.GetProperty("title").GetString()!;

    public string Kind => panel.GetProperty("type").GetString()!;

    public bool IsRow => Kind == "row";

    public string Description => panel.GetProperty("description").GetString()!;

    public string Unit => panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString()!;

    public (int X, int Y, int Width, int Height) Place
    {
        get
        {
            var place = panel.GetProperty("gridPos");
            return (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32(), place.GetProperty("w").GetInt32(), place.GetProperty("h").GetInt32());
        }
    }

    /// <summary>The panel's data sources and those of its queries.</summary>
    public IEnumerable<string> DataSources => Targets.Append(panel).Select(part => part.GetProperty("datasource").GetProperty("uid").GetString()!);

    public IEnumerable<string> Queries => Targets.Select(target => target.GetProperty("expr").GetString()!);

    public IEnumerable<string> Legends => Targets.Select(target => target.GetProperty("legendFormat").GetString()!);

    private IEnumerable<JsonElement> Targets => IsRow ? [] : panel.GetProperty("targets").EnumerateArray();

    public override string ToString() => $"{dashboard}: '{Title}'";
}
