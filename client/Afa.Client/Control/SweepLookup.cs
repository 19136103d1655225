using System.Text.Json;
using Afa.Client.Options;
using Afa.Grains;
using Afa.Sweeps;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>Finds sweeps, their plans and their results.</summary>
internal static class SweepLookup
{
    /// <exception cref="UsageException">There is no such sweep; the message lists those that are.</exception>
    public static async Task<SweepStatus> FindAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var sweeps = await control.ListSweepsAsync(cancellationToken);
        return sweeps.FirstOrDefault(sweep => sweep.Sweep == name) ?? throw ClosestName.Unknown("sweep", name, [.. sweeps.Select(sweep => sweep.Sweep)]);
    }

    /// <summary>What a sweep has found so far.</summary>
    /// <exception cref="CommandFailedException">It cannot be read.</exception>
    public static async Task<SweepDocument> ResultAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var json = await control.GetSweepResultAsync(name, cancellationToken) ?? throw new CommandFailedException($"Sweep '{name}' is no longer in the store; was its folder deleted?");
        return Read<SweepDocument>(json, name);
    }

    /// <summary>The trials that a sweep was started with.</summary>
    /// <exception cref="CommandFailedException">They were written by another version of the program.</exception>
    public static SweepPlan Plan(SweepStatus status) => Read<SweepPlan>(status.PlanJson, status.Sweep);

    private static T Read<T>(string json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, AfaJson.Options)!;
        }
        catch (JsonException exception)
        {
            throw new CommandFailedException($"Sweep '{name}' cannot be read, perhaps as it is of another version: {exception.Message}");
        }
    }
}
