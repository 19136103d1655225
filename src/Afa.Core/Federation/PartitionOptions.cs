using System.ComponentModel.DataAnnotations;

namespace Afa.Federation;

/// <summary>How an experiment deals the images of one data set to its participants.</summary>
public enum PartitionKind
{
    /// <summary>Each participant has its part of each class.</summary>
    Iid,

    /// <summary>Classes in shares from Dir(α): <see cref="Data.DirichletPlan"/>.</summary>
    Dirichlet,

    /// <summary>Each participant has images of a few classes only: McMahan et al. 2017 (arXiv:1602.05629), section 3.</summary>
    ByClass,

    /// <summary>As iid in classes, while the sizes come from Dir(α): Li et al. 2021 (arXiv:2102.02079), "quantity skew".</summary>
    ByQuantity,
}

/// <summary>Settings of the split.</summary>
public sealed record PartitionOptions : IValidatableObject
{
    public PartitionKind Kind { get; init; } = PartitionKind.Dirichlet;

    /// <summary>α of Dirichlet and of the sizes by quantity; the smaller, the more the participants differ.</summary>
    public double Alpha { get; init; } = 0.5;

    /// <summary>Classes of each participant, by class.</summary>
    public int ClassesEach { get; init; } = 2;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Alpha is not (>= 0.001 and <= 1e6))
        {
            yield return new($"Partition.Alpha must be in [0.001, 1000000], not {Alpha}; 0.5 is usual.", [nameof(Alpha)]);
        }

        if (ClassesEach < 1)
        {
            yield return new($"Partition.ClassesEach must be at least 1, not {ClassesEach}.", [nameof(ClassesEach)]);
        }
    }
}
