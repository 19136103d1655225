using System.Collections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Afa.Telemetry;

/// <summary>Registers what measures, and what shows it.</summary>
public static class TelemetryExtensions
{
    private static readonly TimeSpan s_healthPeriod = TimeSpan.FromSeconds(10);

    private static readonly string[] s_otlpVariables = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

    /// <summary>Adds the instruments, which cost next to nothing as long as nobody listens.</summary>
    public static IServiceCollection AddAfaInstruments(this IServiceCollection services)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<TrainingTelemetry>();
        services.TryAddSingleton<EvaluationTelemetry>();
        services.TryAddSingleton<FederationTelemetry>();
        services.TryAddSingleton<ClusterTelemetry>();
        return services;
    }

    /// <summary>Creates the instruments, so that those that are always there are seen before the first work.</summary>
    public static void UseAfaInstruments(this IServiceProvider services)
    {
        services.GetRequiredService<TrainingTelemetry>();
        services.GetRequiredService<EvaluationTelemetry>();
        services.GetRequiredService<FederationTelemetry>();
        services.GetRequiredService<ClusterTelemetry>();
    }

    /// <summary>Makes the health checks by itself every ten seconds and shows what they find, so that an alert can tell of it.</summary>
    public static IServiceCollection AddAfaHealthTelemetry(this IServiceCollection services)
    {
        services.AddSingleton<IHealthCheckPublisher, HealthTelemetry>();
        services.Configure<HealthCheckPublisherOptions>(publisher => (publisher.Delay, publisher.Period) = (TimeSpan.FromSeconds(1), s_healthPeriod));
        return services.PostConfigure<HealthCheckServiceOptions>(checks =>
        {
            // A check that hangs has failed; without a limit of its own it would leave the last result standing.
            foreach (var check in checks.Registrations)
            {
                check.Timeout = s_healthPeriod;
            }
        });
    }

    /// <summary>
    /// Exports the meters of AFA, Orleans and the runtime to Prometheus, and also by OTLP, with traces, if one of the standard variables
    /// such as OTEL_EXPORTER_OTLP_ENDPOINT is set.
    /// </summary>
    public static void AddAfaExporters(this IHostApplicationBuilder builder)
    {
        // OpenTelemetry reads its variables from the configuration, in which a host without defaults has none.
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value)
            .Where(variable => variable.Key.StartsWith("OTEL_", StringComparison.Ordinal))
            .ToDictionary();
        variables.TryAdd("OTEL_SERVICE_NAME", "afa");
        builder.Configuration.AddInMemoryCollection(variables);
        var telemetry = builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics
                .AddMeter("afa.*", "Microsoft.Orleans")
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter(options => options.ScrapeResponseCacheDurationMilliseconds = 0));
        if (s_otlpVariables.Any(variable => variables.GetValueOrDefault(variable) is { Length: > 0 }))
        {
            telemetry
                .WithTracing(traces => traces.AddSource("afa.*", "Microsoft.Orleans.Application").AddAspNetCoreInstrumentation())
                .UseOtlpExporter();
        }
    }
}
