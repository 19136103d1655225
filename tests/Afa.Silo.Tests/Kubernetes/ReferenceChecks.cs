using k8s.Models;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>What objects refer to must be among them, or, for secrets, among those that the documentation tells the user to make.</summary>
internal static class ReferenceChecks
{
    public static IEnumerable<string> Problems(ManifestSet set, DocumentedSecrets secrets) =>
        [.. set.Workloads.SelectMany(workload => OfPod(set, secrets, workload).Select(problem => $"{workload.Name}: {problem}")), .. Bindings(set)];

    private static IEnumerable<string> OfPod(ManifestSet set, DocumentedSecrets secrets, Workload workload)
    {
        if (workload.Pod.ServiceAccountName is { } account && set.Find<V1ServiceAccount>(account) is null)
        {
            yield return $"there is no service account '{account}'.";
        }

        foreach (var problem in Volumes(set, secrets, workload.Pod).Concat(workload.Containers.SelectMany(container => OfContainer(set, secrets, workload, container))))
        {
            yield return problem;
        }
    }

    private static IEnumerable<string> Volumes(ManifestSet set, DocumentedSecrets secrets, V1PodSpec pod)
    {
        foreach (var volume in pod.Volumes ?? [])
        {
            if (volume.ConfigMap is { } map && set.Find<V1ConfigMap>(map.Name) is null)
            {
                yield return $"there is no ConfigMap '{map.Name}'.";
            }

            if (volume.PersistentVolumeClaim is { } claim && set.Find<V1PersistentVolumeClaim>(claim.ClaimName) is null)
            {
                yield return $"there is no volume claim '{claim.ClaimName}'.";
            }

            foreach (var item in volume.Secret?.Items ?? [])
            {
                if (!secrets.Has(volume.Secret!.SecretName, item.Key))
                {
                    yield return $"docs/cluster.md makes no secret '{volume.Secret.SecretName}' with key '{item.Key}'.";
                }
            }

            if (volume.Secret is { Items: null or { Count: 0 } })
            {
                yield return $"volume '{volume.Name}' mounts a whole secret; name its items.";
            }
        }
    }

    private static IEnumerable<string> OfContainer(ManifestSet set, DocumentedSecrets secrets, Workload workload, V1Container container)
    {
        var volumes = (workload.Pod.Volumes ?? []).Select(volume => volume.Name).Concat(workload.Claims).ToHashSet();
        foreach (var mount in (container.VolumeMounts ?? []).Where(mount => !volumes.Contains(mount.Name)))
        {
            yield return $"container {container.Name} mounts '{mount.Name}', which is no volume.";
        }

        foreach (var name in (container.EnvFrom ?? []).Select(from => from.ConfigMapRef?.Name).Where(name => name is null || set.Find<V1ConfigMap>(name) is null))
        {
            yield return $"container {container.Name} takes its environment from '{name}', which is no ConfigMap.";
        }

        foreach (var key in (container.Env ?? []).Select(variable => variable.ValueFrom?.SecretKeyRef).OfType<V1SecretKeySelector>().Where(key => !secrets.Has(key.Name, key.Key)))
        {
            yield return $"docs/cluster.md makes no secret '{key.Name}' with key '{key.Key}'.";
        }
    }

    private static IEnumerable<string> Bindings(ManifestSet set)
    {
        foreach (var binding in set.Of<V1RoleBinding>())
        {
            if (set.Find<V1Role>(binding.RoleRef.Name) is null)
            {
                yield return $"RoleBinding {binding.Metadata.Name}: there is no role '{binding.RoleRef.Name}'.";
            }

            foreach (var subject in binding.Subjects.Where(subject => set.Find<V1ServiceAccount>(subject.Name) is null))
            {
                yield return $"RoleBinding {binding.Metadata.Name}: there is no service account '{subject.Name}'.";
            }
        }
    }
}
