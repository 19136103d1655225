using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Afa.Tests.Silo.Kubernetes;

/// <summary>As much of the Kubernetes API as a silo asks for: one pod, in a namespace of its own. Notes the verbs that a role must allow.</summary>
internal sealed class FakeKubernetesApi : IAsyncDisposable
{
    private const string Token = "token-of-the-test";

    private readonly string _pod;
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _ended = new();

    private FakeKubernetesApi(string pod, WebApplication app, string certificate) => (_pod, _app, Certificate) = (pod, app, certificate);

    public int Port { get; private init; }

    /// <summary>What a client must trust, as PEM.</summary>
    public string Certificate { get; }

    /// <summary>Verbs by which pods were asked for, as RBAC calls them.</summary>
    public ConcurrentDictionary<string, int> Verbs { get; } = new();

    /// <summary>Starts the API on loopback.</summary>
    /// <param name="pod">The only pod, as JSON.</param>
    public static async Task<FakeKubernetesApi> StartAsync(string pod)
    {
        var (certificate, port) = (Create(), ServerProcess.FreePort());
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        var api = new FakeKubernetesApi(pod, app, certificate.ExportCertificatePem()) { Port = port };
        app.Run(api.AnswerAsync);
        await app.StartAsync();
        return api;
    }

    /// <summary>Shell commands that put a service account's files where every pod has them; in a mount namespace of their own, so that nothing of the machine changes.</summary>
    public string MountCommands =>
        $"""
        mount -t tmpfs none /run
        [ -L /var/run ] || mount -t tmpfs none /var/run
        folder=/var/run/secrets/kubernetes.io/serviceaccount
        mkdir -p $folder
        printf '%s' '{Certificate}' > $folder/ca.crt
        printf '%s' '{Token}' > $folder/token
        printf afa > $folder/namespace
        """;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _app.DisposeAsync();
        _ended.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var isList = context.Request.Path.Value!.EndsWith("/pods", StringComparison.Ordinal);
        var isWatch = context.Request.Query["watch"] == "true";
        var verb = !HttpMethods.IsGet(context.Request.Method) ? context.Request.Method.ToLowerInvariant() : isWatch ? "watch" : isList ? "list" : "get";
        Verbs.AddOrUpdate(verb, 1, (_, count) => count + 1);
        if (context.Request.Headers.Authorization != $"Bearer {Token}" || !context.Request.Path.StartsWithSegments("/api/v1/namespaces/afa/pods"))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        context.Response.ContentType = "application/json";
        if (isWatch)
        {
            await context.Response.Body.FlushAsync(_ended.Token);
            await Task.Delay(Timeout.Infinite, _ended.Token).ContinueWith(_ => { }, TaskScheduler.Default);   // Nothing ever happens to the pod.
            return;
        }

        await context.Response.WriteAsync(isList ? $$"""{"apiVersion":"v1","kind":"PodList","metadata":{},"items":[{{_pod}}]}""" : _pod, _ended.Token);
    }

    private static X509Certificate2 Create()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=kubernetes", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
