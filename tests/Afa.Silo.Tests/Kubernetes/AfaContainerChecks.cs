using System.CommandLine;
using System.Net;
using Afa.Client;
using Afa.Client.Commands;
using Afa.Client.Control;
using Afa.Data;
using Afa.Silo;
using Afa.Storage;
using k8s.Models;
using Orleans.Hosting.Kubernetes;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>Containers of AFA's own image: their arguments and variables, as the program itself reads them.</summary>
internal static class AfaContainerChecks
{
    /// <summary>What a silo answers over HTTP; a test asks a real one.</summary>
    public static readonly string[] ServedPaths = ["/healthz/live", "/healthz/ready", "/metrics"];

    private const string SiloCommand = "silo";
    private const string ParticipantData = "AFA_PARTICIPANT_DATA";
    private const string ParticipantStore = "AFA_PARTICIPANT_STORE";

    /// <summary>Variables that are not read where the options of the command line are.</summary>
    private static readonly string[] s_otherVariables =
    [
        DatasetLocator.DataDirectoryVariable,
        KubernetesHostingOptions.PodNameEnvironmentVariable,
        KubernetesHostingOptions.PodNamespaceEnvironmentVariable,
        KubernetesHostingOptions.PodIPEnvironmentVariable,
        KubernetesHostingOptions.ClusterIdEnvironmentVariable,
        KubernetesHostingOptions.ServiceIdEnvironmentVariable,
    ];

    public static IEnumerable<string> Problems(ManifestSet set, DocumentedSecrets secrets)
    {
        foreach (var workload in set.Workloads)
        {
            foreach (var container in workload.Containers.Where(IsAfa))
            {
                foreach (var problem in OfContainer(set, secrets, workload, container))
                {
                    yield return $"{workload.Name}/{container.Name}: {problem}";
                }
            }
        }
    }

    private static bool IsAfa(V1Container container) => container.Image.Split('/')[^1].Split(':')[0] == "afa";

    private static IEnumerable<string> OfContainer(ManifestSet set, DocumentedSecrets secrets, Workload workload, V1Container container)
    {
        var environment = ContainerEnvironment.Of(set, secrets, workload, container);
        var arguments = (container.Args ?? []).Select(environment.Expand).ToList();
        var parsed = new AfaRootCommand(Context(environment, [])).Parse(arguments);
        if (container.Command is not null || parsed.Errors.Count > 0)
        {
            return container.Command is not null ? ["the image's own entry point is 'afa'; give arguments only."] : parsed.Errors.Select(error => error.Message);
        }

        return
        [
            .. environment.Problems,
            .. Folders(workload, container, environment),
            .. arguments[0] == SiloCommand ? [.. Silo(workload, container, environment, parsed), .. Participant(workload, container, environment)] : Client(set, environment, arguments),
        ];
    }

    private static IEnumerable<string> Folders(Workload workload, V1Container container, ContainerEnvironment environment)
    {
        var mounts = container.VolumeMounts ?? [];
        var temporary = mounts.FirstOrDefault(mount => mount.MountPath == "/tmp");
        if ((workload.Pod.Volumes ?? []).FirstOrDefault(volume => volume.Name == temporary?.Name)?.EmptyDir is null)
        {
            yield return "needs an emptyDir at /tmp.";
        }

        var written = new[] { environment.Read(DatasetLocator.DataDirectoryVariable), container.WorkingDir, container.Args?.SkipWhile(argument => argument != "--data-dir").ElementAtOrDefault(1) };
        foreach (var folder in written.OfType<string>().Where(folder => !mounts.Any(mount => $"{folder}/".StartsWith($"{mount.MountPath}/", StringComparison.Ordinal))))
        {
            yield return $"{folder} is in no volume, and the root file system is read-only.";
        }
    }

    private static List<string> Silo(Workload workload, V1Container container, ContainerEnvironment environment, ParseResult parsed)
    {
        var flags = new SiloFlags();
        var command = new Command(SiloCommand);
        foreach (var flag in flags.All)
        {
            command.Options.Add(flag);
        }

        var problems = new List<string>();
        using var images = new FolderHere();
        var options = flags.Read(
            command.Parse([.. parsed.Tokens.Skip(1).Select(token => token.Value)]), name => environment.Read(name) is { } value ? name == ParticipantData ? images.Path : value : null, problems);
        Require(options is { IsInKubernetes: true, Clustering: not Clustering.Localhost } && options.Listen.Equals(IPAddress.Any), "needs --kubernetes, a list of silos that all share, and to listen on 0.0.0.0.");
        Require(environment.Read(KubernetesHostingOptions.PodIPEnvironmentVariable) == ContainerEnvironment.PodAddress && options.Advertised is null, "must be reached by the pod's address (POD_IP).");
        Require(options.Drain < TimeSpan.FromSeconds(workload.Pod.TerminationGracePeriodSeconds ?? 30), $"drains for {options.Drain.TotalSeconds} s, but is killed {workload.Pod.TerminationGracePeriodSeconds ?? 30} s after SIGTERM.");
        foreach (var (name, port) in new[] { ("silo", options.SiloPort), ("gateway", options.GatewayPort), ("http", options.HttpPort) })
        {
            Require((container.Ports ?? []).Any(candidate => candidate.Name == name && candidate.ContainerPort == port), $"listens on {port}, which is not its port '{name}'.");
        }

        foreach (var (variable, label) in new[]
        {
            (KubernetesHostingOptions.ClusterIdEnvironmentVariable, KubernetesHostingOptions.ClusterIdLabel), (KubernetesHostingOptions.ServiceIdEnvironmentVariable, KubernetesHostingOptions.ServiceIdLabel),
        })
        {
            Require(
                environment.Read(variable) is { } id && workload.Template.Metadata.Labels.TryGetValue(label, out var labeled) && labeled == id,
                $"needs {variable} and the same as label {label}: its role may not write labels.");
        }

        Require(
            new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe }.All(probe => ServedPaths.Contains(probe?.HttpGet?.Path)),
            $"has a probe of a path that no silo answers; known: {string.Join(", ", ServedPaths)}.");
        Require(environment.Read(ClientContext.StoreVariable) is not null, $"needs {ClientContext.StoreVariable}.");
        try
        {
            StoreLocation.Parse(options.Store).Open(environment.Read);
        }
        catch (Exception exception) when (exception is ArgumentException or IOException)
        {
            problems.Add(exception.Message);
        }

        problems.AddRange(environment.Names.Except(environment.Asked).Except(s_otherVariables).Where(name => !name.StartsWith("OTEL_", StringComparison.Ordinal)).Select(name => $"no silo reads {name}."));
        return problems;

        void Require(bool isSo, string problem)
        {
            if (!isSo)
            {
                problems.Add(problem);
            }
        }
    }

    /// <summary>An owner's images are never written, and what its participant keeps outlives its pod.</summary>
    private static IEnumerable<string> Participant(Workload workload, V1Container container, ContainerEnvironment environment)
    {
        foreach (var (variable, isWritten) in new[] { (ParticipantData, false), (ParticipantStore, true) })
        {
            if (environment.Read(variable) is not { } folder)
            {
                continue;
            }

            var mount = (container.VolumeMounts ?? []).FirstOrDefault(mount => $"{folder}/".StartsWith($"{mount.MountPath}/", StringComparison.Ordinal));
            if ((workload.Pod.Volumes ?? []).FirstOrDefault(volume => volume.Name == mount?.Name)?.PersistentVolumeClaim is null)
            {
                yield return $"{variable} is {folder}, where no volume claim of the owner is mounted.";
            }
            else if (mount!.ReadOnlyProperty == true == isWritten)
            {
                yield return $"{variable} is {folder}, which must be mounted {(isWritten ? "to be written" : "read-only")}.";
            }
        }
    }

    /// <summary>Runs a command of the client up to where it would connect: everything that the user can get wrong is found by then.</summary>
    private static IEnumerable<string> Client(ManifestSet set, ContainerEnvironment environment, List<string> arguments)
    {
        if (arguments is ["data", ..])
        {
            return [];   // Would download.
        }

        var requests = new List<SessionRequest>();
        var context = Context(environment, requests);
        AfaCommandLine.RunAsync(arguments, context).GetAwaiter().GetResult();
        if (requests is not [{ Cluster.Gateway: { } gateway }])
        {
            return [$"is refused: {context.Error}"];
        }

        var isServed = set.Find<V1Service>(gateway.Host)?.Spec.Ports.Any(port => port.Port == gateway.Port && port.Name == "gateway") == true;
        return isServed ? [] : [$"there is no service {gateway.Host} with a gateway at port {gateway.Port}."];
    }

    private static ClientContext Context(ContainerEnvironment environment, List<SessionRequest> requests) => new()
    {
        Output = TextWriter.Null,
        Error = new StringWriter(),
        Environment = environment.Read,
        Interrupt = CancellationToken.None,
        Connect = (request, _) =>
        {
            requests.Add(request);
            throw new CommandFailedException("Far enough.");
        },
    };

    /// <summary>Stands for the folder of a volume, which a silo looks for when it reads its options.</summary>
    private sealed class FolderHere : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory().FullName;

        public void Dispose() => Directory.Delete(Path);
    }
}
