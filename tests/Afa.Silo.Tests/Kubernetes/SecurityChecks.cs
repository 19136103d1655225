using k8s.Models;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>The Pod Security Standard "restricted", a read-only root file system, rights only where they are used, and resources for every container.</summary>
internal static class SecurityChecks
{
    public static IEnumerable<string> Problems(ManifestSet set) => set.Workloads.SelectMany(workload =>
        OfPod(set, workload).Select(problem => $"{workload.Name}: {problem}")
            .Concat(workload.Containers.SelectMany(container => OfContainer(container).Select(problem => $"{workload.Name}/{container.Name}: {problem}"))));

    private static IEnumerable<string> OfPod(ManifestSet set, Workload workload)
    {
        var (pod, security) = (workload.Pod, workload.Pod.SecurityContext);
        if (security is not { RunAsNonRoot: true, RunAsUser: > 0 })
        {
            yield return "must run as a user that is not root.";
        }

        if (security?.SeccompProfile?.Type != "RuntimeDefault")
        {
            yield return "needs the seccomp profile RuntimeDefault.";
        }

        if (pod.HostNetwork == true || pod.HostPID == true || pod.HostIPC == true || (pod.Volumes ?? []).Any(volume => volume.HostPath is not null))
        {
            yield return "must not share anything with its host.";
        }

        var hasRights = set.Of<V1RoleBinding>().Any(binding => binding.Subjects.Any(subject => subject.Name == pod.ServiceAccountName));
        if (pod.AutomountServiceAccountToken != hasRights)
        {
            yield return hasRights ? "needs its service account's token." : "must not mount a token that it has no use for.";
        }
    }

    private static IEnumerable<string> OfContainer(V1Container container)
    {
        if (container.SecurityContext is not { AllowPrivilegeEscalation: false, ReadOnlyRootFilesystem: true } || container.SecurityContext.Capabilities?.Drop?.Contains("ALL") != true)
        {
            yield return "must drop all capabilities, forbid privilege escalation and have a read-only root file system.";
        }

        var tag = container.Image[(container.Image.LastIndexOf('/') + 1)..].Split(':');
        if (tag is not [_, not "latest"])
        {
            yield return $"image {container.Image} needs a tag that says which version it is.";
        }

        var (requests, limits) = (container.Resources?.Requests, container.Resources?.Limits);
        if (requests?.ContainsKey("cpu") != true || requests.ContainsKey("memory") != true || limits?.ContainsKey("memory") != true)
        {
            yield return "needs requests for cpu and memory, and a limit for memory.";
        }

        foreach (var (name, request) in requests ?? new Dictionary<string, ResourceQuantity>())
        {
            if (limits?.TryGetValue(name, out var limit) == true && request.ToDecimal() > limit.ToDecimal())
            {
                yield return $"requests more {name} than its limit.";
            }
        }
    }
}
