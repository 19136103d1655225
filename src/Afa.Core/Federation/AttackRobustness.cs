namespace Afa.Federation;

/// <summary>Accuracies of one model under one attack over the participants of a federation.</summary>
/// <param name="Attack">"clean", an attack or "worst-case".</param>
/// <param name="Correct">Over all participants that gave counts.</param>
/// <param name="Images">Of those participants.</param>
/// <param name="Low">Lower end of the 95 % interval of the pooled accuracy.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Participants">Accuracy of each participant, in order; null where it gave no counts.</param>
/// <param name="Worst">Number of the participant with the lowest accuracy.</param>
/// <param name="FairnessGap">Accuracy of the best participant less that of the worst.</param>
/// <param name="StandardDeviation">Of the participants' accuracies.</param>
/// <param name="Classes">By class, over the participants that told the class; null where none did.</param>
public sealed record AttackRobustness(
    string Attack,
    int Correct,
    int Images,
    double Low,
    double High,
    IReadOnlyList<double?> Participants,
    int Worst,
    double FairnessGap,
    double StandardDeviation,
    IReadOnlyList<ClassCounts?> Classes)
{
    /// <summary>Pooled over all images.</summary>
    public double Accuracy => (double)Correct / Images;
}
