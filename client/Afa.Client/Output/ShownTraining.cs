using Afa.Grains;

namespace Afa.Client.Output;

/// <summary>Shows a training run as it goes on, each epoch and each recovery once.</summary>
/// <param name="known">What the user has already seen; null for a new run.</param>
internal sealed class ShownTraining(IProgressView view, TrainingRunStatus? known)
{
    private int _epochs = known?.History.Count ?? 0;
    private int _recoveries = known?.Recoveries ?? 0;

    public void Update(TrainingRunStatus status)
    {
        foreach (var epoch in status.History.Skip(_epochs))
        {
            view.WriteLine(StatusText.Epoch(epoch, status.Epochs));
        }

        if (status.Recoveries > _recoveries)
        {
            view.WriteLine($"Something failed or was lost; the run goes on from its last checkpoint ({StatusText.Count(status.Recoveries, "recovery", "recoveries")} so far).");
        }

        _epochs = status.History.Count;
        _recoveries = status.Recoveries;
        view.Update(StatusText.Progress(status));
    }
}
