using System.Globalization;
using Afa.Training;

namespace Afa.Grains;

/// <summary>
/// What a run's history says of its best epoch and of going on. It keeps nothing of its own, so that a resume which drops rows from the
/// history goes back in this too.
/// </summary>
internal sealed class EpochSelection(ValidationOptions options, TrainingRunState run)
{
    /// <summary>Whether patience is over: the run ends here.</summary>
    public bool IsOver => ModelSelection.IsPatienceOver(options.Patience, RobustAccuracies);

    private List<double?> RobustAccuracies => [.. run.History.Select(row => row.Validation?.RobustAccuracy)];

    /// <summary>Whether an epoch, counted from 0, is the best so far.</summary>
    public bool IsBest(int epoch) => ModelSelection.Best(RobustAccuracies) == epoch;

    /// <summary>Says why the run is complete before its last epoch.</summary>
    public string Describe()
    {
        var best = run.History[ModelSelection.Best(RobustAccuracies)!.Value];
        return string.Create(CultureInfo.InvariantCulture,
            $"Stopped early, after epoch {run.History.Count} of {run.Epochs}: robust accuracy on the held-out images has not risen above the {best.Validation!.RobustAccuracy:0.000} of epoch {best.Epoch} within the patience of {options.Patience}.");
    }
}
