using System.ComponentModel.DataAnnotations;
using Afa.Losses;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>
/// Projected gradient ascent in feature space, from a random start: pushes an image's features away from the clean features of its
/// class and towards those of other classes, by <see cref="AfaInnerObjective"/>. In Linf and L2.
/// </summary>
/// <remarks>
/// It is the attack that AFA trains against, with the images of <see cref="AttackInput.Reference"/> in place of the batch, so that the
/// outcome does not depend on the batch. An image whose class the reference does not hold has no gradient and stays at its random start.
/// Success is a wrong prediction on the last iterate; the objective itself does not see the head.
/// </remarks>
public sealed class FeatureAttack : IAttack
{
    private readonly FeatureAttackOptions _options;

    /// <exception cref="ValidationException">An option is out of range.</exception>
    public FeatureAttack(FeatureAttackOptions options)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _options = options;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The norm is L1, or there is no <see cref="AttackInput.Reference"/>.</exception>
    public AttackOutcome Run(AttackInput input)
    {
        if (input.Reference is null)
        {
            throw new ArgumentException("The attack in feature space needs AttackInput.Reference: images with labels to compare features with.", nameof(input));
        }

        using var scope = NewDisposeScope();
        var clean = ReferenceFeatures(input, input.Reference);
        var outcome = PgdAttack.Run(input, _options.Ascent, (images, labels) =>
        {
            using var objective = new AfaInnerObjective(clean, input.Reference.Labels, labels, _options.Temperature);
            return objective.Sum(input.Model.Features(images));
        });
        outcome.Adversarial.MoveToOuterDisposeScope();
        return outcome;
    }

    /// <returns>[reference, dim]. The caller owns it.</returns>
    private static Tensor ReferenceFeatures(AttackInput input, LabeledImages reference)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var features = reference.Images.split(input.BatchSize).Select(input.Model.Features).ToList();
        return cat(features).MoveToOuterDisposeScope();
    }
}
