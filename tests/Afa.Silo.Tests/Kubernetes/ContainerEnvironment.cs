using k8s.Models;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>The variables of a container as its program would see them; files of mounted secrets lie in a temporary folder, with the documentation's values.</summary>
internal sealed class ContainerEnvironment
{
    /// <summary>Stands for the pod's address.</summary>
    public const string PodAddress = "10.1.2.3";

    private readonly Dictionary<string, string> _variables = [];
    private readonly List<string> _problems = [];

    /// <summary>Looks up a variable and notes that somebody asked for it; null if it is not set.</summary>
    public string? Read(string name)
    {
        Asked.Add(name);
        return _variables.GetValueOrDefault(name);
    }

    public IEnumerable<string> Names => _variables.Keys;

    /// <summary>A copy, to be changed.</summary>
    public Dictionary<string, string> ToDictionary() => new(_variables);

    /// <summary>Variables that were asked for.</summary>
    public HashSet<string> Asked { get; } = [];

    public IReadOnlyList<string> Problems => _problems;

    public static ContainerEnvironment Of(ManifestSet set, DocumentedSecrets secrets, Workload workload, V1Container container)
    {
        var environment = new ContainerEnvironment();
        foreach (var (name, value) in (container.EnvFrom ?? []).SelectMany(from => set.Find<V1ConfigMap>(from.ConfigMapRef.Name)?.Data ?? new Dictionary<string, string>()))
        {
            environment._variables[name] = value;
        }

        var files = SecretFiles(secrets, workload, container);
        foreach (var variable in container.Env ?? [])
        {
            environment._variables[variable.Name] = environment.ValueOf(variable, secrets, files);
        }

        return environment;
    }

    /// <summary>Puts variables in place of $(NAME), as the kubelet does.</summary>
    public string Expand(string text) => _variables.Aggregate(text, (expanded, variable) => expanded.Replace($"$({variable.Key})", variable.Value, StringComparison.Ordinal));

    private string ValueOf(V1EnvVar variable, DocumentedSecrets secrets, Dictionary<string, string> files)
    {
        if (variable.ValueFrom?.SecretKeyRef is { } key)
        {
            return secrets.ValuesOf(key.Name, key.Key).FirstOrDefault("");
        }

        if (variable.ValueFrom?.FieldRef is { } field)
        {
            return field.FieldPath switch
            {
                "metadata.name" => "afa-silo-0",
                "metadata.namespace" => "afa",
                "status.podIP" => PodAddress,
                var path => throw new NotSupportedException($"Field {path} of a pod is not known here."),
            };
        }

        var value = Expand(variable.Value);
        if (variable.Name.EndsWith("_FILE", StringComparison.Ordinal) && !files.ContainsKey(value))
        {
            _problems.Add($"{variable.Name} names {value}, which no secret is mounted at.");
        }

        return files.GetValueOrDefault(value, value);
    }

    /// <summary>Where the items of mounted secrets would lie, and where they lie here.</summary>
    private static Dictionary<string, string> SecretFiles(DocumentedSecrets secrets, Workload workload, V1Container container)
    {
        var files = new Dictionary<string, string>();
        foreach (var mount in container.VolumeMounts ?? [])
        {
            var secret = (workload.Pod.Volumes ?? []).FirstOrDefault(volume => volume.Name == mount.Name)?.Secret;
            foreach (var item in secret?.Items ?? [])
            {
                var file = Path.GetTempFileName();
                File.WriteAllText(file, secrets.ValuesOf(secret!.SecretName, item.Key).FirstOrDefault(""));
                files[$"{mount.MountPath}/{item.Path}"] = file;
            }
        }

        return files;
    }
}
