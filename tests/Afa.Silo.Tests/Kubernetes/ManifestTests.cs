using System.Net;
using Afa.Silo;
using Xunit;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>The files of k8s/ as a cluster would get them. No cluster is at hand: what can be told without one is checked here.</summary>
public sealed class ManifestTests
{
    private const string Dev = "dev";
    private const string Azure = "azure";
    private const string Monitoring = "monitoring";
    private const string Owner = "owner";

    private static readonly DocumentedSecrets s_secrets = DocumentedSecrets.Read(File.ReadAllText(SourceTree.PathOf("docs", "cluster.md")));

    [Theory]
    [InlineData(Dev)]
    [InlineData(Azure)]
    [InlineData(Monitoring)]
    [InlineData(Owner)]
    public void Overlay_IsWithoutProblems(string overlay) => Assert.Empty(Problems(Yaml(overlay)));

    /// <summary>The checks find what they are for: one thing is changed at a time.</summary>
    [Theory]
    [InlineData(Dev, "apps/v1\n", "apps/v1beta1\n", "Kind or version is unknown")]
    [InlineData(Dev, "replicas: 2", "replica: 2", "Property 'replica' not found")]
    [InlineData(Dev, "maxUnavailable: 1", "maxUnavailable: 1\n  maxUnavailable: 2", "maxUnavailable")]
    [InlineData(Dev, "kind: ServiceAccount\nmetadata:\n  labels:\n    app.kubernetes.io/part-of: afa\n  name: afa-client", "kind: ServiceAccount\nmetadata:\n  labels:\n    app.kubernetes.io/part-of: afa\n  name: afa-silo", "ServiceAccount afa-silo is there 2 times.")]
    [InlineData(Dev, "  name: redis\n  namespace: afa", "  name: redis\n  namespace: other", "is in namespace 'other', not 'afa'.")]
    [InlineData(Dev, "app.kubernetes.io/name: afa-silo\n        orleans/clusterId", "app.kubernetes.io/name: silo\n        orleans/clusterId", "afa-silo: its selector does not select its own pods.")]
    [InlineData(Dev, "selector:\n    app.kubernetes.io/name: azurite", "selector:\n    app.kubernetes.io/name: azure", "Service azurite selects no pod.")]
    [InlineData(Dev, "app.kubernetes.io/name: afa-client\n        app.kubernetes.io/part-of", "app.kubernetes.io/name: client\n        app.kubernetes.io/part-of", "NetworkPolicy afa-silo selects no pod by app.kubernetes.io/name=afa-client.")]
    [InlineData(Dev, "serviceName: afa-silos", "serviceName: silos", "StatefulSet afa-silo has no service 'silos'")]
    [InlineData(Dev, "name: gateway", "name: clients", "which afa-silo has not.")]
    [InlineData(Dev, "targetPort: blob", "targetPort: files", "Service azurite leads to port files, which azurite has not.")]
    [InlineData(Dev, "path: /healthz/live\n            port: http", "path: /healthz/live\n            port: 8081", "A probe of afa-silo/silo asks port 8081, which it has not.")]
    [InlineData(Dev, "path: /healthz/ready", "path: /ready", "has a probe of a path that no silo answers")]
    [InlineData(Dev, "serviceAccountName: afa-silo", "serviceAccountName: afa", "afa-silo: there is no service account 'afa'.")]
    [InlineData(Dev, "configMapRef:\n            name: afa-silo", "configMapRef:\n            name: silo", "which is no ConfigMap.")]
    [InlineData(Dev, "secretName: afa-redis", "secretName: redis", "docs/cluster.md makes no secret 'redis' with key 'connection-string'.")]
    [InlineData(Dev, "key: azurite-accounts", "key: accounts", "docs/cluster.md makes no secret 'afa-store' with key 'accounts'.")]
    [InlineData(Dev, "mountPath: /data\n          name: data", "mountPath: /data\n          name: files", "mounts 'files', which is no volume.")]
    [InlineData(Dev, "kind: Role\n  name: afa-silo", "kind: Role\n  name: silo", "there is no role 'silo'.")]
    [InlineData(Dev, "runAsNonRoot: true", "runAsNonRoot: false", "must run as a user that is not root.")]
    [InlineData(Dev, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "have a read-only root file system.")]
    [InlineData(Dev, "- ALL", "- CHOWN", "must drop all capabilities")]
    [InlineData(Dev, "type: RuntimeDefault", "type: Unconfined", "needs the seccomp profile RuntimeDefault.")]
    [InlineData(Dev, "automountServiceAccountToken: true", "automountServiceAccountToken: false", "afa-silo: needs its service account's token.")]
    [InlineData(Dev, "image: afa:dev", "image: afa:latest", "needs a tag that says which version it is.")]
    [InlineData(Dev, "memory: 3Gi", "memory: 512Mi", "afa-silo/silo: requests more memory than its limit.")]
    [InlineData(Dev, "- --kubernetes", "- --kube", "--kube")]
    [InlineData(Dev, "AFA_CLUSTERING: redis", "AFA_CLUSTERS: redis", "no silo reads AFA_CLUSTERS.")]
    [InlineData(Dev, "AFA_CLUSTERING: redis", "AFA_CLUSTERING: localhost", "--clustering localhost is for one silo on loopback")]
    [InlineData(Dev, "AFA_DRAIN_SECONDS: \"90\"", "AFA_DRAIN_SECONDS: \"120\"", "drains for 120 s, but is killed 120 s after SIGTERM.")]
    [InlineData(Dev, "AFA_DEVICES: cpu:2", "AFA_DEVICES: gpu", "AFA_DEVICES must be cpu:N")]
    [InlineData(Dev, "fieldPath: status.podIP", "fieldPath: metadata.name", "must be reached by the pod's address (POD_IP).")]
    [InlineData(Dev, "name: ORLEANS_CLUSTER_ID\n          value: afa", "name: ORLEANS_CLUSTER_ID\n          value: other", "the same as label orleans/clusterId")]
    [InlineData(Dev, "AFA_STORE: http://azurite:10000/afa/afa", "AFA_STORE: http://azurite:10000/other/afa", "The store is http://azurite:10000/other/afa, but")]
    [InlineData(Dev, "mountPath: /run/secrets/afa/redis", "mountPath: /run/secrets/redis-of-afa", "AFA_REDIS_CONNECTION_STRING_FILE names /run/secrets/afa/redis/connection-string, which no secret is mounted at.")]
    [InlineData(Dev, "mountPath: /tmp", "mountPath: /temp", "afa-silo/silo: needs an emptyDir at /tmp.")]
    [InlineData(Dev, "AFA_DATA_DIR: /data", "AFA_DATA_DIR: /files", "/files is in no volume")]
    [InlineData(Dev, "- download", "- downlod", "downlod")]
    [InlineData(Dev, "--train-images=", "--train-image=", "--train-image")]
    [InlineData(Dev, "--trainers=2", "--trainers=0", "is refused: error:")]
    [InlineData(Dev, "--attack=autoattack", "--attack=autoatack", "autoatack")]
    [InlineData(Dev, "--cluster=afa-silos:30000", "--cluster=silos:30000", "there is no service silos with a gateway at port 30000.")]
    [InlineData(Dev, "--rule=multi-krum", "--rule=krun", "krun")]
    [InlineData(Dev, "--byzantine=2", "--byzantine=4", "MultiKrum needs n >= 2 f + 3 updates")]
    [InlineData(Owner, "AFA_PARTICIPANT: north", "AFA_PARTICIPANT: North!", "--participant:")]
    [InlineData(Owner, "AFA_PARTICIPANT: north", "AFA_PARTICIPENT: north", "no silo reads AFA_PARTICIPENT.")]
    [InlineData(Owner, "AFA_PARTICIPANT_DATA: /private/images", "AFA_PARTICIPANT_DATA: /private/image", "AFA_PARTICIPANT_DATA is /private/image, where no volume claim of the owner is mounted.")]
    [InlineData(Owner, "name: images\n          readOnly: true", "name: images", "AFA_PARTICIPANT_DATA is /private/images, which must be mounted read-only.")]
    [InlineData(Owner, "AFA_PARTICIPANT_STORE: /private/kept", "AFA_PARTICIPANT_STORE: /tmp/kept", "AFA_PARTICIPANT_STORE is /tmp/kept, where no volume claim of the owner is mounted.")]
    [InlineData(Owner, "- mountPath: /private/kept\n          name: kept", "- mountPath: /private/kept\n          name: kept\n          readOnly: true", "AFA_PARTICIPANT_STORE is /private/kept, which must be mounted to be written.")]
    [InlineData(Owner, "claimName: images-north", "claimName: images-south", "there is no volume claim 'images-south'.")]
    public void Overlay_WithOneThingWrong_IsFound(string overlay, string from, string to, string problem)
    {
        var yaml = Yaml(overlay);
        var changed = yaml.Replace(from, to, StringComparison.Ordinal);

        Assert.NotEqual(yaml, changed);
        Assert.Contains(Problems(changed), found => found.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Documentation_ConnectionStrings_AreUnderstood()
    {
        var problems = new List<string>();
        Assert.All(
            s_secrets.ValuesOf("afa-redis", "connection-string"),
            value => Assert.NotNull(RedisAddress.Read(null, name => name == RedisAddress.ConnectionStringVariable ? value : null, problems)));
        Assert.Empty(problems);
    }

    [Fact]
    public async Task ProbedPaths_AreServedByASilo()
    {
        await using var silo = await SiloProcess.StartAsync(TestRun.NewStore());
        foreach (var path in AfaContainerChecks.ServedPaths)
        {
            using var answer = await silo.GetAsync(path.TrimStart('/'));
            Assert.Equal(HttpStatusCode.OK, answer?.StatusCode);
        }
    }

    /// <summary>What an installation consists of. Jobs are no part of an overlay: they are created one by one.</summary>
    private static string Yaml(string overlay)
    {
        if (overlay == Monitoring && !Directory.Exists(SourceTree.PathOf("k8s", "monitoring", "dashboards")))
        {
            Assert.Skip("k8s/monitoring has no dashboards.");
        }

        string[] overlays = overlay is Monitoring or Owner ? [Dev, overlay] : [overlay];
        return string.Join("\n---\n", overlays.Select(name => Kustomize.Build($"overlays/{name}"))
            .Concat(Directory.GetFiles(SourceTree.PathOf("k8s", "jobs"), "*.yaml").Order().Select(File.ReadAllText)));
    }

    private static List<string> Problems(string yaml)
    {
        try
        {
            var set = ManifestSet.Parse(yaml);
            return [.. ObjectChecks.Problems(set), .. PortChecks.Problems(set), .. ReferenceChecks.Problems(set, s_secrets), .. SecurityChecks.Problems(set), .. AfaContainerChecks.Problems(set, s_secrets)];
        }
        catch (InvalidDataException exception)
        {
            return [exception.Message];
        }
    }
}
