using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>What <c>kubectl kustomize</c> makes of the folders below k8s/. Needs no cluster.</summary>
internal static class Kustomize
{
    private static readonly ConcurrentDictionary<string, string> s_built = new();

    /// <summary>Builds a kustomization; skips the test where kubectl is missing, fails it where kustomize refuses.</summary>
    /// <param name="folder">Below k8s/, such as <c>overlays/dev</c>.</param>
    public static string Build(string folder) => s_built.GetOrAdd(folder, Run);

    private static string Run(string folder)
    {
        using var process = Start(SourceTree.PathOf("k8s", folder));
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"kubectl kustomize k8s/{folder}: {errors.Result}");
        return output;
    }

    private static Process Start(string folder)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("kubectl", ["kustomize", folder]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception exception)
        {
            Assert.Skip($"kubectl is not installed ({exception.Message}).");
            throw;
        }
    }
}
