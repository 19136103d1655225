using System.ComponentModel.DataAnnotations;

namespace Afa.Training;

/// <summary>
/// Training images that are held out to choose the best epoch by: clean, and attacked by PGD on the margin of Carlini and Wagner, in the
/// threat model and with the step size of the training's attack. Phases that train no head are not validated: they classify nothing yet.
/// </summary>
public sealed record ValidationOptions : IValidatableObject
{
    /// <summary>How many images, as many of each class, never from the test images; 0 switches validation off. Wang et al. 2023 hold out 1024.</summary>
    public int Images { get; init; }

    /// <summary>Steps of the attack; four times those of their training in Wang et al. 2023.</summary>
    public int Steps { get; init; } = 40;

    /// <summary>Every so many epochs, and at the end of a phase.</summary>
    public int EveryEpochs { get; init; } = 1;

    /// <summary>
    /// The run ends when robust accuracy has not risen for so many epochs; 0 switches that off. The learning rate's schedule stays laid out for
    /// all epochs, so with one that anneals at the end little is gained by patience much shorter than the run.
    /// </summary>
    public int Patience { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Images is < 0 or > 1_000_000)
        {
            yield return new($"Validation.Images must be in [0, 1000000], not {Images}; 0 switches validation off.", [nameof(Images)]);
        }

        if (Steps is < 1 or > 1000)
        {
            yield return new($"Validation.Steps must be in [1, 1000], not {Steps}.", [nameof(Steps)]);
        }

        if (EveryEpochs is < 1 or > 100_000)
        {
            yield return new($"Validation.EveryEpochs must be in [1, 100000], not {EveryEpochs}.", [nameof(EveryEpochs)]);
        }

        if (Patience is < 0 or > 100_000)
        {
            yield return new($"Validation.Patience must be in [0, 100000], not {Patience}; 0 switches it off.", [nameof(Patience)]);
        }
        else if (Patience > 0 && Images == 0)
        {
            yield return new($"Validation.Patience is {Patience}, but there is nothing to judge by: it needs Validation.Images, such as 1024.", [nameof(Patience)]);
        }
    }
}
