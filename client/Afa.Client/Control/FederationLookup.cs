using System.Text.Json;
using Afa.Client.Options;
using Afa.Federation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>Finds federations, their options and their results.</summary>
internal static class FederationLookup
{
    /// <exception cref="UsageException">There is no such federation; the message lists those that are.</exception>
    public static async Task<FederationStatus> FindAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var federations = await control.ListFederationsAsync(cancellationToken);
        return federations.FirstOrDefault(federation => federation.Federation == name) ?? throw ClosestName.Unknown("federation", name, [.. federations.Select(federation => federation.Federation)]);
    }

    /// <summary>What a federation has found so far.</summary>
    /// <exception cref="CommandFailedException">It cannot be read.</exception>
    public static async Task<FederationDocument> ResultAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var json = await control.GetFederationResultAsync(name, cancellationToken)
            ?? throw new CommandFailedException($"Federation '{name}' is no longer in the store; was its folder deleted?");
        return Read<FederationDocument>(json, name) is { SchemaVersion: FederationDocument.CurrentSchemaVersion } document
            ? document
            : throw new CommandFailedException($"The result of federation '{name}' was written by another version of the program, which this one does not read.");
    }

    /// <summary>The options that a federation was started with.</summary>
    /// <exception cref="CommandFailedException">They were written by another version of the program.</exception>
    public static FederationOptions Options(FederationStatus status) => Read<FederationOptions>(status.OptionsJson, status.Federation);

    private static T Read<T>(string json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, AfaJson.Options)!;
        }
        catch (JsonException exception)
        {
            throw new CommandFailedException($"Federation '{name}' cannot be read, perhaps as it is of another version: {exception.Message}");
        }
    }
}
