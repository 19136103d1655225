using Afa.Grains;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Afa.Silo.Api;

/// <summary>The HTTP API of a silo: what a user can ask of the cluster, as <see cref="IAfaControl"/> says, for any program.</summary>
internal static class ApiEndpoints
{
    /// <summary>Where the API begins.</summary>
    public const string Root = "/api/v1";

    private const long MaxJsonSizeInBytes = 1 << 20;

    /// <summary>Adds what the API needs.</summary>
    /// <remarks>Also what all of the server's minimal endpoints need: their JSON is as <see cref="ApiJson"/> says.</remarks>
    public static void AddAfaApi(this IServiceCollection services, SiloOptions options)
    {
        services.AddSingleton(options);
        services.TryAddSingleton<IAfaControl>(provider => new GrainControl(provider.GetRequiredService<IGrainFactory>()));
        services.AddProblemDetails();
        services.AddExceptionHandler<ApiExceptionHandler>();
        services.ConfigureHttpJsonOptions(json => ApiJson.Apply(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);   // So that the answer says what is wrong.
        services.AddOpenApi(ApiDocument.Name, ApiDocument.Configure);
        if (options.Access.Entra is { } entra)
        {
            services.AddSingleton(provider => new EntraTokens(entra, provider.GetRequiredService<ILogger<EntraTokens>>()));
        }
    }

    /// <summary>Guards everything that is mapped, but health and metrics, and answers errors with problem details. Comes before routing.</summary>
    public static void UseAfaApi(this IApplicationBuilder app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseMiddleware<AccessGuard>();
    }

    /// <summary>Maps the API and its description.</summary>
    public static void MapAfaApi(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi();
        var api = app.MapGroup(Root).WithMetadata(new RequestSizeLimitAttribute(MaxJsonSizeInBytes)).ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        new WorkEndpoints<TrainingRunStatus, Training.TrainingOptions>(WorkKinds.Trainings).Map(api);
        new WorkEndpoints<EvaluationStatus, Evaluation.EvaluationOptions>(WorkKinds.Evaluations).Map(api);
        new WorkEndpoints<SweepStatus, Sweeps.SweepPlan>(WorkKinds.Sweeps).Map(api);
        new WorkEndpoints<FederationStatus, Federation.FederationOptions>(WorkKinds.Federations).Map(api);
        CheckpointEndpoints.Map(api);
        ClusterEndpoints.Map(api);
    }
}
