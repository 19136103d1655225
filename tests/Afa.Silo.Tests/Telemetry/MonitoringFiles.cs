namespace Afa.Tests.Silo.Telemetry;

/// <summary>Where the build puts copies of what is in k8s/monitoring, with the tests of the alert rules and the text about them beside.</summary>
internal static class MonitoringFiles
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "monitoring");

    public static string Alerts { get; } = Path.Combine(Folder, "alerts.yaml");

    public static string AlertTests { get; } = Path.Combine(Folder, "alerts.tests.yaml");

    public static string Documentation { get; } = Path.Combine(Folder, "monitoring.md");

    public static string Dashboards { get; } = Path.Combine(Folder, "dashboards");
}
