using System.ComponentModel.DataAnnotations;
using Afa.Models;

namespace Afa.Training;

/// <summary>How trainers send each other their gradients.</summary>
public sealed record GradientOptions : IValidatableObject
{
    /// <summary>
    /// Format of what each trainer contributes to the sum. bfloat16 halves it, and each trainer carries its rounding errors into its next
    /// gradient (<see cref="ErrorFeedback"/>). Sums come back as float32.
    /// </summary>
    public ComputePrecision Wire { get; init; } = ComputePrecision.Float32;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Enum.IsDefined(Wire))
        {
            yield return new($"Gradient.Wire must be float32 or bfloat16, not {Wire}.", [nameof(Wire)]);
        }
    }
}
