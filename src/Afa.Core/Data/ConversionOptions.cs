using System.ComponentModel.DataAnnotations;

namespace Afa.Data;

/// <summary>Settings of <see cref="DatasetConverter"/>.</summary>
public sealed record ConversionOptions : IValidatableObject
{
    /// <summary>Files that the training images are divided into; the test images stay together.</summary>
    public int Shards { get; init; } = 1;

    /// <summary>How they are divided.</summary>
    public ShardPlanKind Plan { get; init; } = ShardPlanKind.ClassBalanced;

    /// <summary>α of <see cref="ShardPlanKind.Dirichlet"/>.</summary>
    public double DirichletAlpha { get; init; } = new DirichletOptions().Alpha;

    /// <summary>Of the plan's draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>Height and width that the images of a folder are brought to; null: the size of the first one, which all must have.</summary>
    public int? Size { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Shards is < 1 or > 4096)
        {
            yield return new($"Shards must be in [1, 4096], not {Shards}.", [nameof(Shards)]);
        }

        if (Plan == ShardPlanKind.Stored)
        {
            yield return new("Plan cannot be Stored: that is how a training run uses the files of a conversion.", [nameof(Plan)]);
        }

        if (DirichletOptions.AlphaProblem(DirichletAlpha) is { } problem)
        {
            yield return new(problem, [nameof(DirichletAlpha)]);
        }

        if (Size is < 1 or > ShardFileHeader.MaximumSide)
        {
            yield return new($"Size must be in [1, {ShardFileHeader.MaximumSide}] pixels, not {Size}.", [nameof(Size)]);
        }
    }
}
