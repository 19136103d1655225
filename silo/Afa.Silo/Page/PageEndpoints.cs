using Afa.Grains;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Afa.Silo.Page;

/// <summary>Serves the page of a silo: <c>/</c> and what lies under <c>/page/</c>.</summary>
public static class PageEndpoints
{
    /// <summary>Maps the page. Whoever may read it sees all runs; it changes nothing.</summary>
    /// <param name="hasDashboard">Whether the silo also serves the dashboard of Orleans, to which the page then leads.</param>
    public static void MapAfaPage(this IEndpointRouteBuilder app, bool hasDashboard)
    {
        var reader = new ClusterReader(
            new GrainControl(app.ServiceProvider.GetRequiredService<IGrainFactory>()),
            app.ServiceProvider.GetRequiredService<TimeProvider>(),
            app.ServiceProvider.GetRequiredService<ILogger<ClusterReader>>());
        var identity = new Lazy<PageIdentity>(() => Identity(app.ServiceProvider, hasDashboard));   // The silo has its address once it has started.

        foreach (var asset in PageAssets.All)
        {
            app.MapGet(asset.Path, context => WriteAsync(context, asset));
        }

        Map(PageLinks.Overview, OverviewPage.Create);
        Map(PageLinks.Runs, ListPages.Runs);
        Map(PageLinks.Evaluations, ListPages.Evaluations);
        Map(PageLinks.Sweeps, ListPages.Sweeps);
        Map(PageLinks.Federations, ListPages.Federations);
        Map(PageLinks.Leaderboard, ListPages.Leaderboard);
        MapOne(PageLinks.Run, view => view.Runs, run => run.Run, RunPage.Create);
        MapOne(PageLinks.Evaluation, view => view.Evaluations, evaluation => evaluation.Evaluation, EvaluationPage.Create);
        MapOne(PageLinks.Sweep, view => view.Sweeps, sweep => sweep.Sweep, SweepPage.Create);
        MapOne(PageLinks.Federation, view => view.Federations, federation => federation.Federation, FederationPage.Create);

        void Map(string path, Func<ClusterView, PageIdentity, string> create) =>
            app.MapGet(path, async context => await WriteAsync(context, StatusCodes.Status200OK, create(await reader.GetAsync(), identity.Value)));

        // Only what the lists have is looked up: no name from outside reaches a grain.
        void MapOne<T>(string path, Func<ClusterView, IEnumerable<T>> list, Func<T, string> nameOf, Func<T, ClusterView, PageIdentity, string> create)
            where T : class =>
            app.MapGet(path, async context =>
            {
                var view = await reader.GetAsync();
                var found = list(view).FirstOrDefault(one => nameOf(one) == context.Request.Query["name"]);
                await (found is null
                    ? WriteAsync(context, StatusCodes.Status404NotFound, MissingPage.Create(view, identity.Value))
                    : WriteAsync(context, StatusCodes.Status200OK, create(found, view, identity.Value)));
            });
    }

    private static PageIdentity Identity(IServiceProvider services, bool hasDashboard)
    {
        var silo = services.GetRequiredService<ILocalSiloDetails>();
        return new PageIdentity(services.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId, silo.SiloAddress.ToParsableString(), $"{silo.GatewayAddress.Endpoint}", hasDashboard);
    }

    private static Task WriteAsync(HttpContext context, int status, string page)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = PageFrame.SecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        return context.Response.WriteAsync(page, context.RequestAborted);
    }

    private static Task WriteAsync(HttpContext context, PageAsset asset)
    {
        context.Response.ContentType = asset.Type;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = context.Request.Query["v"] == asset.Version ? "public, max-age=31536000, immutable" : "no-cache";
        return context.Response.Body.WriteAsync(asset.Content, context.RequestAborted).AsTask();
    }
}
