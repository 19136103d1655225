using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Afa.Telemetry;

/// <summary>Registers what measures, and what shows it.</summary>
public static class TelemetryExtensions
{
    private static readonly string[] s_otlpVariables = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

    /// <summary>Adds the instruments, which cost next to nothing as long as nobody listens.</summary>
    public static IServiceCollection AddAfaInstruments(this IServiceCollection services)
    {
        services.AddMetrics();
        services.TryAddSingleton<TrainingTelemetry>();
        services.TryAddSingleton<EvaluationTelemetry>();
        services.TryAddSingleton<ClusterTelemetry>();
        return services;
    }

    /// <summary>Creates the instruments, so that those that are always there are seen before the first work.</summary>
    public static void UseAfaInstruments(this IServiceProvider services)
    {
        services.GetRequiredService<TrainingTelemetry>();
        services.GetRequiredService<EvaluationTelemetry>();
        services.GetRequiredService<ClusterTelemetry>();
    }

    /// <summary>
    /// Exports the meters of AFA, Orleans and the runtime to Prometheus, and also by OTLP, with traces, if one of the standard variables
    /// such as OTEL_EXPORTER_OTLP_ENDPOINT is set.
    /// </summary>
    /// <param name="environment">Looks up variables; null: those of this process.</param>
    public static IServiceCollection AddAfaExporters(this IServiceCollection services, Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        var telemetry = services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics
                .AddMeter("afa.*", "Microsoft.Orleans")
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter(options => options.ScrapeResponseCacheDurationMilliseconds = 0));
        if (s_otlpVariables.Any(variable => environment(variable) is { Length: > 0 }))
        {
            telemetry
                .WithTracing(traces => traces.AddSource("afa.*", "Microsoft.Orleans.Application").AddAspNetCoreInstrumentation())
                .UseOtlpExporter();
        }

        return services;
    }
}
