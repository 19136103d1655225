using Afa.Client.Options;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>Finds a run from what a user typed.</summary>
internal static class RunLookup
{
    /// <exception cref="UsageException">There is no such run; the message lists those that are.</exception>
    public static async Task<TrainingRunStatus> FindAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var runs = await control.ListTrainingsAsync(cancellationToken);
        return runs.FirstOrDefault(run => run.Run == name) ?? throw ClosestName.Unknown("run", name, [.. runs.Select(run => run.Run)]);
    }
}
