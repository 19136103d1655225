using k8s;
using k8s.Models;
using YamlDotNet.Core;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>Objects that are applied together, as the models of the Kubernetes API's own client read them: an unknown kind, version or field is refused.</summary>
internal sealed class ManifestSet
{
    private readonly List<IKubernetesObject<V1ObjectMeta>> _objects;

    private ManifestSet(List<IKubernetesObject<V1ObjectMeta>> objects)
    {
        _objects = objects;
        Workloads =
        [
            .. Of<V1StatefulSet>().Select(set => new Workload(set.Metadata.Name, set.Spec.Template, set.Spec.Selector, [.. (set.Spec.VolumeClaimTemplates ?? []).Select(claim => claim.Metadata.Name)])),
            .. Of<V1Deployment>().Select(deployment => new Workload(deployment.Metadata.Name, deployment.Spec.Template, deployment.Spec.Selector, [])),
            .. Of<V1Job>().Select(job => new Workload(NameOf(job), job.Spec.Template, null, [])),   // Kubernetes makes a job's selector.
        ];
    }

    public IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects => _objects;

    /// <summary>Whatever makes pods.</summary>
    public IReadOnlyList<Workload> Workloads { get; }

    /// <summary>Reads YAML documents.</summary>
    /// <exception cref="InvalidDataException">One of them is no object of the Kubernetes API.</exception>
    public static ManifestSet Parse(string yaml)
    {
        try
        {
            return new([.. KubernetesYaml.LoadAllFromString(yaml, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()]);
        }
        catch (YamlException exception)
        {
            throw new InvalidDataException($"{exception.Start}: {exception.GetBaseException().Message}", exception);
        }
        catch (KeyNotFoundException exception)
        {
            throw new InvalidDataException($"Kind or version is unknown: {exception.Message}", exception);
        }
    }

    public IEnumerable<T> Of<T>() => _objects.OfType<T>();

    /// <summary>The object of a kind and name; null if there is none.</summary>
    public T? Find<T>(string name)
        where T : class, IKubernetesObject<V1ObjectMeta> => Of<T>().FirstOrDefault(candidate => candidate.Metadata.Name == name);

    /// <summary>The pods' makers that a selector selects; an empty selector selects all.</summary>
    public IEnumerable<Workload> Selected(IDictionary<string, string>? labels) => Workloads.Where(workload => workload.HasLabels(labels));

    public static string NameOf(IKubernetesObject<V1ObjectMeta> item) => item.Metadata.Name ?? item.Metadata.GenerateName;
}
