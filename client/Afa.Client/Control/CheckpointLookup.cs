using System.IO.Enumeration;
using Afa.Client.Options;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>Finds stored checkpoints from what a user typed.</summary>
internal static class CheckpointLookup
{
    private const string Best = "/best";
    private const string Last = "/last";

    private static readonly char[] s_wildcards = ['*', '?'];

    /// <summary>
    /// Returns the checkpoint of that name; for the name of a run its best one by validation, else its final one, else its newest. "RUN/best" and
    /// "RUN/last" ask for the best and for the one of the latest step.
    /// </summary>
    /// <exception cref="UsageException">There is no such checkpoint or run.</exception>
    public static async Task<CheckpointSummary> FindAsync(IAfaControl control, string name, CancellationToken cancellationToken) =>
        await FindAsync(control, await control.ListCheckpointsAsync(null, cancellationToken), name, cancellationToken);

    /// <summary>The same for several names, which can also be patterns with * and ? over "RUN/STEP" or the full name. Each checkpoint comes once.</summary>
    /// <exception cref="UsageException">There is no such checkpoint or run, or a pattern fits none.</exception>
    public static async Task<IReadOnlyList<CheckpointSummary>> FindAllAsync(IAfaControl control, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var checkpoints = await control.ListCheckpointsAsync(null, cancellationToken);
        var found = new List<CheckpointSummary>();
        foreach (var name in names)
        {
            if (name.AsSpan().IndexOfAny(s_wildcards) >= 0)
            {
                found.AddRange(Matching(checkpoints, name));
            }
            else
            {
                found.Add(await FindAsync(control, checkpoints, name, cancellationToken));
            }
        }

        return [.. found.DistinctBy(checkpoint => checkpoint.Name)];
    }

    private static async Task<CheckpointSummary> FindAsync(IAfaControl control, IReadOnlyList<CheckpointSummary> checkpoints, string name, CancellationToken cancellationToken)
    {
        if (checkpoints.FirstOrDefault(checkpoint => checkpoint.Name == name || CheckpointName.Short(checkpoint.Name) == name) is { } exact)
        {
            return exact;
        }

        var run = name.EndsWith(Best, StringComparison.Ordinal) || name.EndsWith(Last, StringComparison.Ordinal) ? name[..name.LastIndexOf('/')] : name;
        var ofRun = checkpoints.Where(checkpoint => checkpoint.Run == run).ToList();
        if (ofRun.Count > 0)
        {
            var best = ofRun.Find(checkpoint => checkpoint.IsBest);
            return name == run + Best
                ? best ?? throw new UsageException($"Run '{run}' has no best checkpoint, as no stored one was validated: '{run}{Last}' is the last one, and --validation-images of 'afa train' validates.")
                : name == run + Last ? ofRun.MaxBy(checkpoint => checkpoint.Step)! : best ?? ofRun.Find(checkpoint => checkpoint.IsFinal) ?? ofRun[0];
        }

        if (Path.Exists(name))
        {
            throw new UsageException(
                $"'{name}' is a file or folder; only checkpoints in the store can be evaluated. 'afa checkpoints import' brings a .safetensors, .pt or .pth file there, 'afa checkpoints list' shows them; quote a pattern, or the shell replaces it by files.");
        }

        if (await control.GetTrainingAsync(run, cancellationToken) is not null)
        {
            throw new UsageException($"Run '{run}' has no checkpoint yet. 'afa train --resume {run}' goes on with it.");
        }

        throw ClosestName.Unknown("checkpoint or run", name, [.. checkpoints.Select(checkpoint => checkpoint.Run).Distinct(), .. checkpoints.Select(checkpoint => checkpoint.Name)]);
    }

    private static List<CheckpointSummary> Matching(IReadOnlyList<CheckpointSummary> checkpoints, string pattern)
    {
        var found = checkpoints
            .Where(checkpoint => Fits(pattern, checkpoint.Name) || Fits(pattern, CheckpointName.Short(checkpoint.Name)))
            .OrderBy(checkpoint => checkpoint.Name, StringComparer.Ordinal)
            .ToList();
        if (found.Count > 0)
        {
            return found;
        }

        var runs = checkpoints.Select(checkpoint => checkpoint.Run).Distinct().ToList();
        var hint = ClosestName.Find(pattern.Split('/')[0].TrimEnd(s_wildcards), runs) is { } closest ? $" Did you mean '{closest}/*'?" : "";
        throw new UsageException(
            $"No checkpoint fits the pattern '{pattern}'.{hint} Runs with checkpoints: {(runs.Count == 0 ? "none" : string.Join(", ", runs))}. " +
            "A pattern is compared with names such as 'my-run/step-00000120'; quote it, or the shell may replace it by files.");
    }

    private static bool Fits(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
}
