using k8s.Models;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>What makes pods: a StatefulSet, Deployment or Job.</summary>
/// <param name="Selector">By which it knows its pods; null for a job.</param>
/// <param name="Claims">Names of the volumes that each of its pods gets.</param>
internal sealed record Workload(string Name, V1PodTemplateSpec Template, V1LabelSelector? Selector, IReadOnlyList<string> Claims)
{
    public V1PodSpec Pod => Template.Spec;

    /// <summary>Containers, with those that only run at the start.</summary>
    public IEnumerable<V1Container> Containers => [.. Pod.InitContainers ?? [], .. Pod.Containers];

    /// <summary>Whether its pods have all of some labels.</summary>
    public bool HasLabels(IDictionary<string, string>? labels) =>
        (labels ?? new Dictionary<string, string>()).All(label => Template.Metadata.Labels?.TryGetValue(label.Key, out var value) == true && value == label.Value);

    /// <summary>Whether one of its containers has a port of a name or number.</summary>
    public bool HasPort(string port) => Pod.Containers.Any(container => HasPort(container, port));

    /// <summary>Whether a container has a port of a name or number.</summary>
    public static bool HasPort(V1Container container, string port) =>
        (container.Ports ?? []).Any(candidate => candidate.Name == port || $"{candidate.ContainerPort}" == port);
}
