using System.ComponentModel;
using System.Text.Json;
using Afa.Grains;
using Afa.Silo;
using k8s.Models;
using Xunit;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>The real silo with arguments and variables of its manifest, against a Kubernetes API of the test's own.</summary>
public sealed class KubernetesSiloTests(RedisServer redis) : IClassFixture<RedisServer>
{
    [Fact]
    public async Task Silo_AsItsManifestHasIt_TrainsWithTheRightsOfItsRoleOnAReadOnlyRoot()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1", "AFA_LONG_TESTS is not 1.");
        Assert.SkipWhen(redis.Missing is not null, redis.Missing ?? "");
        await RequireNamespacesAsync();
        var set = ManifestSet.Parse(Kustomize.Build("overlays/dev"));
        var workload = Assert.Single(set.Workloads, workload => workload.Name == "afa-silo");
        var container = workload.Pod.Containers.Single();
        var (httpPort, gatewayPort) = (ServerProcess.FreePort(), ServerProcess.FreePort());
        await using var api = await FakeKubernetesApi.StartAsync(Pod(workload));
        await using var silo = new ServerProcess(
            "unshare",
            ["--map-root-user", "--mount", "sh", "-ec", $"{api.MountCommands}\n{ReadOnlyRoot}\nexec dotnet \"$@\"", "sh", Path.Combine(AppContext.BaseDirectory, "afa.dll"), .. container.Args],
            Variables(set, workload, container, api, httpPort, gatewayPort));

        var ready = await ReadyAsync(silo, httpPort);

        Assert.Contains("cluster: Healthy, 1 silos are active.", ready, StringComparison.Ordinal);
        await using (var client = await ClusterClient.ConnectAsync(ClusterAddress.Read($"127.0.0.1:{gatewayPort}", null, null, null, _ => null, [])!))
        {
            await TestRun.StartAsync(client.Control);
            await TestRun.WaitAsync(client.Control, status => status.State == RunState.Completed);
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!api.Verbs.ContainsKey("watch"))
        {
            await Task.Delay(50, limit.Token);
        }

        // Orleans would also patch the pod's labels if they differed, and delete pods if it were told to.
        Assert.Equal(Assert.Single(set.Find<V1Role>("afa-silo")!.Rules).Verbs.Order(), api.Verbs.Keys.Order());
        Assert.Equal(0, await silo.TerminateAsync());
    }

    /// <summary>Leaves only the folder of temporary files writable, where the test has the store, too.</summary>
    private static string ReadOnlyRoot => $"mount --bind {Path.GetTempPath()} {Path.GetTempPath()}; mount -o remount,bind,ro /; if touch /is-writable 2> /dev/null; then echo the root is writable; exit 1; fi";

    private static async Task RequireNamespacesAsync()
    {
        try
        {
            await using var trial = new ServerProcess("unshare", ["--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/run"]);
            Assert.SkipUnless(await trial.WaitAsync() == 0, $"Namespaces are not allowed here: {trial.Output}");
        }
        catch (Win32Exception exception)
        {
            Assert.Skip($"unshare is not installed ({exception.Message}).");
        }
    }

    private static string Pod(Workload workload) => JsonSerializer.Serialize(new
    {
        apiVersion = "v1",
        kind = "Pod",
        metadata = new { name = "afa-silo-0", @namespace = "afa", labels = workload.Template.Metadata.Labels },
    });

    /// <summary>The manifest's, but with this machine's addresses, a folder as store and ports that are free.</summary>
    private Dictionary<string, string> Variables(ManifestSet set, Workload workload, V1Container container, FakeKubernetesApi api, int httpPort, int gatewayPort)
    {
        var secrets = DocumentedSecrets.Read(File.ReadAllText(SourceTree.PathOf("docs", "cluster.md")));
        var variables = ContainerEnvironment.Of(set, secrets, workload, container).ToDictionary();
        File.WriteAllText(variables["AFA_REDIS_CONNECTION_STRING_FILE"], redis.Address);
        variables.Remove("AFA_STORE_CONNECTION_STRING_FILE");
        variables["AFA_STORE"] = TestRun.NewStore();
        variables["POD_IP"] = "127.0.0.1";
        variables["KUBERNETES_SERVICE_HOST"] = "127.0.0.1";
        variables["KUBERNETES_SERVICE_PORT"] = $"{api.Port}";
        variables["AFA_SILO_PORT"] = $"{ServerProcess.FreePort()}";
        variables["AFA_GATEWAY_PORT"] = $"{gatewayPort}";
        variables["AFA_HTTP_PORT"] = $"{httpPort}";
        return variables;
    }

    private static async Task<string> ReadyAsync(ServerProcess silo, int httpPort)
    {
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            Assert.False(silo.HasExited || limit.IsCancellationRequested, silo.Output);
            try
            {
                return await http.GetStringAsync(new Uri($"http://127.0.0.1:{httpPort}/healthz/ready"), limit.Token);
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100, CancellationToken.None);   // It does not listen yet, or is not ready.
            }
        }
    }
}
