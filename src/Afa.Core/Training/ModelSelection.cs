namespace Afa.Training;

/// <summary>Which epoch of a run is its best, and when to wait no longer for a better one: by robust accuracy on the held-out images.</summary>
/// <remarks>
/// Both follow from the accuracies alone, so whoever has those needs no state of its own. Of equal epochs the first is the best, where
/// DM-Improves-AT takes the last: then patience, which counts from the best epoch, ends on a plateau.
/// </remarks>
public static class ModelSelection
{
    /// <summary>Under which a checkpoint's metrics hold the accuracy on held-out images, if its epoch was validated.</summary>
    public const string CleanAccuracyMetric = "validationCleanAccuracy";

    /// <summary>Likewise the robust accuracy, by which the best checkpoint of a run is known.</summary>
    public const string RobustAccuracyMetric = "validationRobustAccuracy";

    /// <summary>Whether an epoch is validated when its last step is done.</summary>
    public static bool IsValidated(ValidationOptions options, TrainingPosition position) =>
        options.Images > 0 && position.Phase.Name != TrainingPhase.Features && position.IsEpochEnd
        && (position.IsPhaseEnd || (position.Epoch + 1) % options.EveryEpochs == 0);

    /// <summary>Finds the best epoch.</summary>
    /// <param name="robustAccuracies">In the order of training; null where an epoch was not validated.</param>
    /// <returns>Its place, from 0; null if none was validated.</returns>
    public static int? Best(IEnumerable<double?> robustAccuracies)
    {
        (int Place, double Accuracy)? best = null;
        foreach (var (place, value) in robustAccuracies.Index())
        {
            if (value is { } accuracy && (best is null || accuracy > best.Value.Accuracy))
            {
                best = (place, accuracy);
            }
        }

        return best?.Place;
    }

    /// <summary>Whether the run is to end.</summary>
    /// <param name="patience">Of <see cref="ValidationOptions.Patience"/>; 0 never ends a run.</param>
    /// <param name="robustAccuracies">Of every finished epoch, in order; null where it was not validated.</param>
    public static bool IsPatienceOver(int patience, IReadOnlyList<double?> robustAccuracies)
    {
        var newest = robustAccuracies.Count - 1;
        while (newest >= 0 && robustAccuracies[newest] is null)
        {
            newest--;
        }

        return patience > 0 && Best(robustAccuracies) is { } best && newest - best >= patience;
    }
}
