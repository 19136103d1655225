using System.Text.Json;
using k8s.Models;
using Xunit;
using YamlDotNet.Serialization;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>Prometheus and Grafana of the overlay: each must find what the other objects call by the same name.</summary>
public sealed class MonitoringTests
{
    private static readonly IDeserializer s_yaml = new DeserializerBuilder().Build();

    [Fact]
    public void Prometheus_ScrapesTheSilosAndReadsTheRules()
    {
        var (monitoring, dev) = Sets();
        var config = (dynamic)s_yaml.Deserialize<object>(ConfigOf(monitoring, "prometheus", "prometheus.yml"));
        var job = config["scrape_configs"][0];
        var service = dev.Find<V1Service>((string)job["dns_sd_configs"][0]["names"][0]);

        Assert.Equal("None", service?.Spec.ClusterIP);   // One address for each silo.
        Assert.Contains(service!.Spec.Ports, port => $"{port.Port}" == (string)job["dns_sd_configs"][0]["port"] && port.Name == "http");
        Assert.Contains((string)job["metrics_path"], AfaContainerChecks.ServedPaths);

        var prometheus = Assert.Single(monitoring.Workloads, workload => workload.Name == "prometheus");
        var rules = Assert.Single(prometheus.Containers.Single().VolumeMounts, mount => (string)config["rule_files"][0] == $"{mount.MountPath}/*.yaml");
        Assert.Contains("alerts.yaml", monitoring.Find<V1ConfigMap>(prometheus.Pod.Volumes.Single(volume => volume.Name == rules.Name).ConfigMap.Name)!.Data.Keys);
    }

    [Fact]
    public void Grafana_AsksPrometheusAndShowsTheDashboards()
    {
        var (monitoring, _) = Sets();
        var source = new Uri((string)((dynamic)s_yaml.Deserialize<object>(ConfigOf(monitoring, "grafana", "datasources.yaml")))["datasources"][0]["url"]);
        Assert.Contains(monitoring.Find<V1Service>(source.Host)?.Spec.Ports ?? [], port => port.Port == source.Port);

        var folder = (string)((dynamic)s_yaml.Deserialize<object>(ConfigOf(monitoring, "grafana", "providers.yaml")))["providers"][0]["options"]["path"];
        var grafana = Assert.Single(monitoring.Workloads, workload => workload.Name == "grafana");
        var mount = Assert.Single(grafana.Containers.Single().VolumeMounts, mount => mount.MountPath == folder);
        var dashboards = monitoring.Find<V1ConfigMap>(grafana.Pod.Volumes.Single(volume => volume.Name == mount.Name).ConfigMap.Name)!;
        Assert.Equal(["cluster.json", "evaluation.json", "federation.json", "training.json"], dashboards.Data.Keys.Order());
        Assert.All(dashboards.Data.Values, dashboard => Assert.NotEmpty(JsonDocument.Parse(dashboard).RootElement.GetProperty("title").GetString()!));
        Assert.Equal("1", dashboards.Metadata.Labels["grafana_dashboard"]);
        Assert.True(dashboards.Data.Values.Sum(dashboard => dashboard.Length) < 1 << 20, "A ConfigMap holds 1 MiB.");
    }

    private static (ManifestSet Monitoring, ManifestSet Dev) Sets()
    {
        Assert.SkipUnless(Directory.Exists(SourceTree.PathOf("k8s", "monitoring", "dashboards")), "k8s/monitoring has no dashboards.");
        return (ManifestSet.Parse(Kustomize.Build("overlays/monitoring")), ManifestSet.Parse(Kustomize.Build("overlays/dev")));
    }

    /// <summary>A file of a generated ConfigMap, whose name ends with a hash.</summary>
    private static string ConfigOf(ManifestSet set, string name, string file) =>
        Assert.Single(set.Of<V1ConfigMap>(), map => map.Metadata.Name.StartsWith($"{name}-", StringComparison.Ordinal)).Data[file];
}
