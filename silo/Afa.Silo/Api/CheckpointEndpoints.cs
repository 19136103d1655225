using System.Text.Json;
using Afa.Grains;
using Afa.Models;
using Afa.Training;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Afa.Silo.Api;

/// <summary>Lists, imports, exports and deletes checkpoints. "my-run/step-00000120" in the path is "runs/my-run/checkpoints/step-00000120" in the store.</summary>
internal static class CheckpointEndpoints
{
    private const string Weights = "application/octet-stream";

    private static readonly SemaphoreSlim s_imports = new(2);   // Each takes memory for all of its weights, up to 512 MiB.

    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("checkpoints").WithTags("checkpoints");
        group.MapGet("", (string? run, IAfaControl control, CancellationToken stop) => ListAsync(run, control, stop)).WithSummary("Lists the checkpoints of one run, or all, newest first.");
        group.MapGet("{run}/{step}", FindAsync).WithSummary("Describes a checkpoint.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("{run}/{step}/weights", ExportAsync)
            .WithSummary($"The weights as an evaluation would use them: a safetensors file, with the model's options in the header {CheckpointHeaders.Model}.")
            .Produces<byte[]>(contentType: Weights).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPut("{run}/imported", ImportAsync)
            .WithSummary("Makes a checkpoint of weights from elsewhere, a safetensors file, if they fit the model.")
            .WithMetadata(new RequestSizeLimitAttribute(CheckpointLimits.MaxWeightsSizeInBytes))
            .Accepts<byte[]>(Weights)
            .Produces<ImportedName>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status413PayloadTooLarge).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        group.MapDelete("{run}/{step}", DeleteAsync).WithSummary("Deletes a checkpoint. One that is gone is no error.");
    }

    private static Task<IReadOnlyList<CheckpointSummary>> ListAsync(string? run, IAfaControl control, CancellationToken stop)
    {
        if (run is not null)
        {
            ApiName.Require(run);
        }

        return control.ListCheckpointsAsync(run, stop);
    }

    private static async Task<CheckpointSummary> FindAsync(string run, string step, IAfaControl control, CancellationToken stop)
    {
        var name = Name(run, step);
        var ofRun = await control.ListCheckpointsAsync(run, stop);
        return ofRun.FirstOrDefault(checkpoint => checkpoint.Name == name)
            ?? throw UnknownNameException.Of("checkpoint", $"{run}/{step}", ofRun.Select(checkpoint => $"{run}/{checkpoint.Name[(checkpoint.Name.LastIndexOf('/') + 1)..]}"));
    }

    private static async Task<IResult> ExportAsync(string run, string step, IAfaControl control, HttpResponse response, CancellationToken stop)
    {
        var export = await control.ExportCheckpointAsync(Name(run, step), stop);
        response.Headers[CheckpointHeaders.Model] = JsonSerializer.Serialize(JsonSerializer.Deserialize<ModelOptions>(export.ModelJson, AfaJson.Options), ApiJson.Options);
        return TypedResults.Bytes(export.Weights, Weights, $"{run}-{step}.safetensors");
    }

    /// <param name="dataset">What the model was trained on.</param>
    /// <param name="model">JSON of <see cref="ModelOptions"/>.</param>
    /// <param name="source">Where the weights come from, for messages.</param>
    private static async Task<IResult> ImportAsync(string run, string dataset, string model, string? source, HttpRequest request, IAfaControl control, CancellationToken stop)
    {
        if (!WorkName.IsValid(run))
        {
            throw new ArgumentException(WorkName.Rule(run));
        }

        // Read here, so that no nonsense is sent on. What does not fit the data set is the import's to say.
        var options = JsonSerializer.Deserialize<ModelOptions>(model, AfaJson.Options) ?? throw new ArgumentException("model must be an object, not null.");
        if (!s_imports.Wait(0, stop))
        {
            request.HttpContext.Response.Headers.RetryAfter = "5";
            return TypedResults.Problem("The silo takes two imports at a time and is at work on two. Try again.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }

        try
        {
            var import = new CheckpointImport(run, JsonSerializer.Serialize(options, AfaJson.Options), dataset, source ?? "the upload", await ReadAsync(request, stop));
            var name = await control.ImportCheckpointAsync(import, stop);
            return TypedResults.Created($"{ApiEndpoints.Root}/checkpoints/{run}/{name[(name.LastIndexOf('/') + 1)..]}", new ImportedName(name));
        }
        finally
        {
            s_imports.Release();
        }
    }

    /// <summary>Reads the body into memory that is taken once, after its size is known to be allowed.</summary>
    private static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken stop)
    {
        var size = request.ContentLength ?? throw new BadHttpRequestException("An import needs a Content-Length.", StatusCodes.Status411LengthRequired);
        if (size > CheckpointLimits.MaxWeightsSizeInBytes)
        {
            throw new BadHttpRequestException($"The weights have {size} bytes, and at most {CheckpointLimits.MaxWeightsSizeInBytes} are taken.", StatusCodes.Status413PayloadTooLarge);
        }

        var content = new byte[size];
        await request.Body.ReadExactlyAsync(content, stop);
        return content;
    }

    private static async Task<IResult> DeleteAsync(string run, string step, IAfaControl control, CancellationToken stop)
    {
        await control.DeleteCheckpointAsync(Name(run, step), stop);
        return TypedResults.NoContent();
    }

    private static string Name(string run, string step)
    {
        ApiName.Require(run);
        ApiName.Require(step);
        return $"runs/{run}/checkpoints/{step}";
    }
}
