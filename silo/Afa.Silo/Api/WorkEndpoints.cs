using System.Text.Json;
using Afa.Grains;
using Afa.Training;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Afa.Silo.Api;

/// <summary>Lists, starts, watches, pauses, resumes and cancels one kind of work.</summary>
internal sealed class WorkEndpoints<TStatus, TOptions>(WorkKind<TStatus, TOptions> kind)
    where TStatus : class
    where TOptions : class
{
    /// <param name="api">The group of the API's version.</param>
    public void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup(kind.Path).WithTags(kind.Path);
        group.MapGet("", ListAsync).WithSummary($"Lists all {kind.Path}, newest first.");
        group.MapGet("{name}", FindAsync).WithSummary($"Tells how far one {kind.Noun} is.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPut("{name}", StartAsync)
            .WithSummary($"Starts one {kind.Noun}. Repeated with the same options it has no further effect.")
            .WithMetadata(new RequestSizeLimitAttribute(kind.MaxOptionsSizeInBytes))
            .Accepts<TOptions>("application/json")
            .Produces<TStatus>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status413PayloadTooLarge);
        group.MapGet("{name}/events", WatchAsync)
            .WithSummary($"Sends the status of one {kind.Noun} at once and whenever it changes, as server-sent events, until it no longer runs.")
            .Produces<TStatus>(contentType: "text/event-stream").ProducesProblem(StatusCodes.Status404NotFound);
        MapCommand(group, "resume", $"Goes on with one {kind.Noun} where it stopped.", kind.ResumeAsync);
        MapCommand(group, "cancel", $"Stops one {kind.Noun} for good. What it stored stays.", kind.CancelAsync);
        if (kind.PauseAsync is { } pauseAsync)
        {
            MapCommand(group, "pause", $"Stops one {kind.Noun} after the step under way, with a checkpoint from which it can go on.", pauseAsync);
        }

        if (kind.Result is { } result)
        {
            group.MapGet("{name}/result", (string name, IAfaControl control, IGrainFactory grains, CancellationToken stop) => ResultAsync(result, name, control, grains, stop))
                .WithSummary($"What came out of one {kind.Noun}.")
                .Produces(StatusCodes.Status200OK, result.Document, "application/json").ProducesProblem(StatusCodes.Status404NotFound);
        }
    }

    private Task<IReadOnlyList<TStatus>> ListAsync(IAfaControl control, CancellationToken stop) => kind.ListAsync(control, stop);

    private void MapCommand(RouteGroupBuilder group, string command, string summary, Func<IAfaControl, string, CancellationToken, Task> runAsync) =>
        group.MapPost($"{{name}}/{command}", async (string name, IAfaControl control, IGrainFactory grains, CancellationToken stop) =>
            {
                await FindAsync(name, control, grains, stop);
                await runAsync(control, name, stop);
                return TypedResults.Accepted(Url(name), await FindAsync(name, control, grains, stop));
            })
            .WithSummary(summary).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

    private async Task<TStatus> FindAsync(string name, IAfaControl control, IGrainFactory grains, CancellationToken stop)
    {
        ApiName.Require(name);
        return await kind.GetAsync(control, name, stop) ?? throw UnknownNameException.Of(kind.Noun, name, await kind.NamesAsync(grains.GetGrain<ICatalogGrain>(0)));
    }

    private async Task<IResult> StartAsync(string name, HttpRequest request, IAfaControl control, IGrainFactory grains, CancellationToken stop)
    {
        if (!WorkName.IsValid(name))
        {
            throw new ArgumentException(WorkName.Rule(name));
        }

        // Read here, not bound: the framework's analyzer does not know parameters of a type parameter.
        var options = await request.ReadFromJsonAsync<TOptions>(stop) ?? throw new BadHttpRequestException("The options must be an object, not null.");
        BadOptionsException.ThrowIfAny(options);
        await kind.StartAsync(control, name, JsonSerializer.Serialize(options, AfaJson.Options), stop);
        return TypedResults.Accepted(Url(name), await FindAsync(name, control, grains, stop));
    }

    private async Task<IResult> WatchAsync(string name, IAfaControl control, IGrainFactory grains, IHostApplicationLifetime silo, CancellationToken stop)
    {
        await FindAsync(name, control, grains, stop);
        return TypedResults.ServerSentEvents(StatusEvents.WatchAsync(look => kind.GetAsync(control, name, look), kind.State, silo.ApplicationStopping), "status");
    }

    private async Task<IResult> ResultAsync(WorkResult result, string name, IAfaControl control, IGrainFactory grains, CancellationToken stop)
    {
        ApiName.Require(name);
        if (await result.GetAsync(control, name, stop) is { } json)
        {
            return TypedResults.Text(json, "application/json");
        }

        await FindAsync(name, control, grains, stop);
        throw new UnknownNameException($"The {kind.Noun} '{name}' has no result yet.");
    }

    private string Url(string name) => $"{ApiEndpoints.Root}/{kind.Path}/{name}";
}
