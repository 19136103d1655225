using k8s.Models;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>Names, and selectors that select something.</summary>
internal static class ObjectChecks
{
    private const string Namespace = "afa";

    public static IEnumerable<string> Problems(ManifestSet set) =>
    [
        .. Names(set),
        .. set.Workloads.Where(workload => workload.Selector is { } selector && !workload.HasLabels(selector.MatchLabels)).Select(workload => $"{workload.Name}: its selector does not select its own pods."),
        .. Selectors(set)
            .Where(selector => selector.Labels.MatchExpressions is { Count: > 0 } || !set.Selected(selector.Labels.MatchLabels).Any())
            .Select(selector => $"{selector.Of} selects no pod by {string.Join(", ", (selector.Labels.MatchLabels ?? new Dictionary<string, string>()).Select(label => $"{label.Key}={label.Value}"))}."),
        .. Services(set),
    ];

    private static IEnumerable<string> Names(ManifestSet set)
    {
        foreach (var group in set.Objects.GroupBy(item => $"{item.ApiVersion} {item.Kind} {ManifestSet.NameOf(item)}").Where(group => group.Count() > 1))
        {
            yield return $"{group.Key} is there {group.Count()} times.";
        }

        foreach (var item in set.Objects.Where(item => item is not V1Namespace && item.Metadata.NamespaceProperty != Namespace))
        {
            yield return $"{item.Kind} {ManifestSet.NameOf(item)} is in namespace '{item.Metadata.NamespaceProperty}', not '{Namespace}'.";
        }
    }

    private static IEnumerable<(string Of, V1LabelSelector Labels)> Selectors(ManifestSet set) =>
    [
        .. set.Of<V1PodDisruptionBudget>().Select(budget => ($"PodDisruptionBudget {budget.Metadata.Name}", budget.Spec.Selector)),
        .. set.Of<V1NetworkPolicy>().SelectMany(policy => PeersAndTarget(policy).Select(selector => ($"NetworkPolicy {policy.Metadata.Name}", selector))),
        .. set.Workloads.SelectMany(workload => (workload.Pod.TopologySpreadConstraints ?? []).Select(spread => ($"The spread of {workload.Name}", spread.LabelSelector))),
    ];

    private static IEnumerable<V1LabelSelector> PeersAndTarget(V1NetworkPolicy policy) =>
    [
        policy.Spec.PodSelector,
        .. (policy.Spec.Ingress ?? []).SelectMany(rule => rule.FromProperty ?? []).Select(peer => peer.PodSelector).OfType<V1LabelSelector>(),
        .. (policy.Spec.Egress ?? []).SelectMany(rule => rule.To ?? []).Select(peer => peer.PodSelector).OfType<V1LabelSelector>(),
    ];

    private static IEnumerable<string> Services(ManifestSet set)
    {
        foreach (var service in set.Of<V1Service>().Where(service => !set.Selected(service.Spec.Selector).Any()))
        {
            yield return $"Service {service.Metadata.Name} selects no pod.";
        }

        foreach (var stateful in set.Of<V1StatefulSet>())
        {
            if (set.Find<V1Service>(stateful.Spec.ServiceName) is not { } service || !set.Selected(service.Spec.Selector).Any(workload => workload.Name == stateful.Metadata.Name))
            {
                yield return $"StatefulSet {stateful.Metadata.Name} has no service '{stateful.Spec.ServiceName}' that selects its pods.";
            }
        }
    }
}
