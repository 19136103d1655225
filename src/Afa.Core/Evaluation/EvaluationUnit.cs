namespace Afa.Evaluation;

/// <summary>The smallest piece of work of an evaluation: consecutive test images, one checkpoint, one radius, all attacks.</summary>
/// <param name="Checkpoint">Index into <see cref="EvaluationOptions.Checkpoints"/>.</param>
/// <param name="Epsilon">Index into <see cref="EvaluationOptions.Epsilons"/>.</param>
/// <param name="Start">Position of the first image.</param>
public sealed record EvaluationUnit(int Checkpoint, int Epsilon, int Start, int Count)
{
    /// <summary>Cuts an evaluation into units, in the order in which they should run.</summary>
    /// <remarks>
    /// Guided self-scheduling (Polychronopoulos and Kuck 1987): a unit takes a share of what is left, so that units get smaller towards the end
    /// and the last one does not keep the other slots waiting. The cut depends on the arguments only: a resumed evaluation has the same units.
    /// </remarks>
    /// <param name="images">Test images for each checkpoint and radius.</param>
    /// <param name="slots">Device slots that work at the same time.</param>
    public static IReadOnlyList<EvaluationUnit> Plan(int checkpoints, int epsilons, int images, int slots)
    {
        const int smallest = 32;   // Smaller batches cost more for each image: measured 1.7 times as much at 16 as at 64.
        const int largest = 256;
        var units = new List<EvaluationUnit>();
        var left = (long)checkpoints * epsilons * images;
        for (var pair = 0; pair < checkpoints * epsilons; pair++)
        {
            for (var start = 0; start < images;)
            {
                var share = slots == 1 ? largest : (int)Math.Clamp(left / slots, smallest, largest);
                var rest = images - start;
                var parts = (rest + share - 1) / share;
                var count = (rest + parts - 1) / parts;   // Equal parts: a full unit and a crumb would be slower.
                units.Add(new EvaluationUnit(pair / epsilons, pair % epsilons, start, count));
                start += count;
                left -= count;
            }
        }

        return units;
    }
}
