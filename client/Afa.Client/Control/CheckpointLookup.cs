using Afa.Client.Options;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>Finds a stored checkpoint from what a user typed.</summary>
internal static class CheckpointLookup
{
    /// <summary>Returns the checkpoint of that name or, for the name of a run, its final one, else its newest.</summary>
    /// <exception cref="UsageException">There is no such checkpoint or run.</exception>
    public static async Task<CheckpointSummary> FindAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var checkpoints = await control.ListCheckpointsAsync(null, cancellationToken);
        if (checkpoints.FirstOrDefault(checkpoint => checkpoint.Name == name) is { } exact)
        {
            return exact;
        }

        var ofRun = checkpoints.Where(checkpoint => checkpoint.Run == name).ToList();
        if (ofRun.Count > 0)
        {
            return ofRun.Find(checkpoint => checkpoint.IsFinal) ?? ofRun[0];
        }

        if (Path.Exists(name))
        {
            throw new UsageException($"'{name}' is a file or folder; only checkpoints in the store can be evaluated. 'afa checkpoints list' shows them.");
        }

        if (await control.GetTrainingAsync(name, cancellationToken) is not null)
        {
            throw new UsageException($"Run '{name}' has no checkpoint yet. 'afa train --resume {name}' goes on with it.");
        }

        throw ClosestName.Unknown("checkpoint or run", name, [.. checkpoints.Select(checkpoint => checkpoint.Run).Distinct(), .. checkpoints.Select(checkpoint => checkpoint.Name)]);
    }
}
