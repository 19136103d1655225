using System.Net;
using System.Text;
using Xunit;

namespace Afa.Tests.Silo.Telemetry;

/// <summary>What a training sends to an OpenTelemetry collector.</summary>
public sealed class OtlpTests
{
    [Fact]
    public async Task Train_WithAnOtlpEndpoint_SendsMetrics_AndTracesFromTheRunDownToThePartsOfAStep()
    {
        using var collector = new HttpListener();
        var address = $"http://127.0.0.1:{ServerProcess.FreePort()}/";
        collector.Prefixes.Add(address);
        collector.Start();
        await using var train = new ServerProcess(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "afa.dll"), "train", "--method", "afa", "--train-images", "0", "--width", "0.25", "--batch-size", "40", "--epochs", "1",
                "--attack-steps", "2", "--trainers", "2", "--no-evaluate", "--data-dir", TestRun.Options.DataDirectory!, "--store", TestRun.NewStore(), "--metrics-port", $"{ServerProcess.FreePort()}",
            ],
            new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = address,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_BSP_MAX_QUEUE_SIZE"] = "100000",   // None is dropped.
            });

        var collected = CollectAsync(collector);
        Assert.True(await train.WaitAsync() == 0, train.Output);
        collector.Stop();
        var (metrics, spans) = await collected;

        Assert.Contains("afa.train.images", metrics, StringComparison.Ordinal);
        var known = spans.ToDictionary(span => span.Id);
        foreach (var part in new[] { "data", "forward", "attack", "exchange", "backward", "reduce", "update" })
        {
            var own = spans.Where(span => span.Name == $"afa.train.{part}").ToList();
            Assert.NotEmpty(own);
            Assert.All(own, span => Assert.Equal(["afa.train.trainer_step", "afa.train.step", "afa.train.epoch", "afa.train.run"], Ancestors(span, known)));
        }

        Assert.Single(spans, span => span.Name == "afa.train.run");
    }

    /// <summary>Names of AFA's own spans above this one; between them are those of Orleans' calls.</summary>
    private static IEnumerable<string> Ancestors(Span span, Dictionary<string, Span> known)
    {
        while (known.TryGetValue(span.Parent, out var parent))
        {
            span = parent;
            if (span.Name.StartsWith("afa.", StringComparison.Ordinal))
            {
                yield return span.Name;
            }
        }
    }

    /// <summary>Takes what is sent until the listener is stopped.</summary>
    private static async Task<(string Metrics, List<Span> Spans)> CollectAsync(HttpListener collector)
    {
        var metrics = new StringBuilder();
        var spans = new List<Span>();
        while (true)
        {
            HttpListenerContext request;
            try
            {
                request = await collector.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return ($"{metrics}", spans);
            }

            using var body = new MemoryStream();
            await request.Request.InputStream.CopyToAsync(body);
            switch (request.Request.Url!.AbsolutePath)
            {
                case "/v1/metrics":
                    metrics.Append(Encoding.Latin1.GetString(body.ToArray()));
                    break;
                case "/v1/traces":
                    spans.AddRange(Span.Read(body.ToArray()));
                    break;
            }

            request.Response.Close();
        }
    }
}
