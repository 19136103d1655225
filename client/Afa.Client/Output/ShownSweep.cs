using Afa.Client.Control;
using Afa.Grains;

namespace Afa.Client.Output;

/// <summary>Shows a sweep as it goes on, the end of each trial once.</summary>
/// <param name="known">What the user has already seen; null for a new sweep.</param>
internal sealed class ShownSweep(IAfaControl control, IProgressView view, SweepStatus? known)
{
    private readonly HashSet<string> _ended = [.. known?.Trials.Where(trial => trial.State == SweepTrialState.Completed).Select(trial => trial.Trial) ?? []];

    public async Task UpdateAsync(SweepStatus status)
    {
        var ended = status.Trials.Where(trial => trial.State is SweepTrialState.Completed or SweepTrialState.Failed && _ended.Add(trial.Trial)).ToList();
        if (ended.Count > 0)
        {
            var reports = (await SweepLookup.ResultAsync(control, status.Sweep, CancellationToken.None)).Trials.ToDictionary(trial => trial.Name);
            foreach (var trial in ended)
            {
                view.WriteLine(SweepText.Ended(reports[trial.Trial], $"{_ended.Count}/{status.Trials.Count}"));
            }
        }

        view.Update(SweepText.Progress(status));
    }
}
