using Afa.Attacks;
using Afa.Data;

namespace Afa.Evaluation;

/// <summary>Whether attacks work on the images of a data set.</summary>
public static class AttackFit
{
    /// <summary>Replaces groups of attacks by those of their members that work on the images.</summary>
    /// <param name="names">Known attacks, as users write them.</param>
    public static IReadOnlyList<string> Expand(IEnumerable<string> names, DatasetDescription dataset) =>
        [.. names.SelectMany(name => AttackRegistry.Expand(name).Where(member => member == name || AttackRegistry.Get(member).LeastChannels <= dataset.Channels))];

    /// <summary>Says of each attack that does not work why, and what to do.</summary>
    public static IEnumerable<string> Problems(IEnumerable<AttackCascade> cascades, DatasetDescription dataset)
    {
        foreach (var stage in cascades.SelectMany(cascade => cascade.Stages))
        {
            if (stage.Description.LeastClasses > dataset.Classes)
            {
                yield return $"The attack '{stage.Name}' needs at least {stage.Description.LeastClasses} classes, but {dataset.Title} has {dataset.Classes}. Leave it out: apgd-ce, fab and square work with any number.";
            }

            if (stage.Description.LeastChannels > dataset.Channels)
            {
                yield return $"The attack '{stage.Name}' changes colors only, but {dataset.Title} has gray images. Leave it out.";
            }
        }
    }
}
