using k8s.Models;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>Ports that services, probes and network policies name must be ports of the containers meant.</summary>
internal static class PortChecks
{
    public static IEnumerable<string> Problems(ManifestSet set) => [.. Services(set), .. Probes(set), .. Policies(set)];

    private static IEnumerable<string> Services(ManifestSet set) =>
        from service in set.Of<V1Service>()
        from port in service.Spec.Ports
        let target = port.TargetPort?.Value ?? $"{port.Port}"
        from workload in set.Selected(service.Spec.Selector)
        where !workload.HasPort(target)
        select $"Service {service.Metadata.Name} leads to port {target}, which {workload.Name} has not.";

    private static IEnumerable<string> Probes(ManifestSet set)
    {
        foreach (var workload in set.Workloads.Where(workload => workload.Selector is not null))   // A job ends; nobody waits for it to be ready.
        {
            foreach (var container in workload.Pod.Containers)
            {
                if (container.ReadinessProbe is null || container.LivenessProbe is null)
                {
                    yield return $"{workload.Name}/{container.Name} needs a readiness probe and a liveness probe.";
                }

                foreach (var port in new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe }.OfType<V1Probe>().Select(PortOf))
                {
                    if (!Workload.HasPort(container, port))
                    {
                        yield return $"A probe of {workload.Name}/{container.Name} asks port {port}, which it has not.";
                    }
                }
            }
        }
    }

    private static string PortOf(V1Probe probe) => probe.HttpGet is { } http ? http.Port.Value : probe.TcpSocket is { } tcp ? tcp.Port.Value : "none";

    private static IEnumerable<string> Policies(ManifestSet set) =>
    [
        .. from policy in set.Of<V1NetworkPolicy>()
           from rule in policy.Spec.Ingress ?? []
           from problem in Missing(policy, rule.Ports, set.Selected(policy.Spec.PodSelector.MatchLabels))
           select problem,
        .. from policy in set.Of<V1NetworkPolicy>()
           from rule in policy.Spec.Egress ?? []
           from peer in rule.To ?? []
           from problem in Missing(policy, rule.Ports, set.Selected(peer.PodSelector.MatchLabels))
           select problem,
    ];

    private static IEnumerable<string> Missing(V1NetworkPolicy policy, IList<V1NetworkPolicyPort>? ports, IEnumerable<Workload> targets) =>
        from port in ports ?? []
        from target in targets
        where !target.HasPort(port.Port.Value)
        select $"NetworkPolicy {policy.Metadata.Name} is about port {port.Port.Value}, which {target.Name} has not.";
}
