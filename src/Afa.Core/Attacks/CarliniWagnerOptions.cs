using System.ComponentModel.DataAnnotations;

namespace Afa.Attacks;

/// <summary>Settings of <see cref="CarliniWagner"/>.</summary>
/// <remarks>
/// The authors' code takes 9 search steps from 0.001, each of 10,000 iterations at a learning rate of 0.01. The defaults are made for
/// CPUs: fewer but longer strides of Adam, and a first weight at which many images give way. They find slightly larger distances where an
/// image is far from the boundary; for distances to publish, use the authors' numbers.
/// </remarks>
public sealed record CarliniWagnerOptions : IValidatableObject
{
    /// <summary>How many weights c of the margin are tried for a sample.</summary>
    public int SearchSteps { get; init; } = 5;

    /// <summary>Iterations for a weight, at most; it is given up when the objective has not fallen over a tenth of them.</summary>
    public int Iterations { get; init; } = 200;

    /// <summary>Of Adam.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>c of the first search step.</summary>
    public double InitialWeight { get; init; } = 1;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (SearchSteps is < 1 or > 100)
        {
            yield return new($"SearchSteps must be in [1, 100], not {SearchSteps}.", [nameof(SearchSteps)]);
        }

        if (Iterations is < 10 or > 100_000)
        {
            yield return new($"Iterations must be in [10, 100000], not {Iterations}.", [nameof(Iterations)]);
        }

        // Written this way round, the checks also refuse NaN.
        if (LearningRate is not (> 0 and <= 1))
        {
            yield return new($"LearningRate must be in (0, 1], not {LearningRate}.", [nameof(LearningRate)]);
        }

        if (InitialWeight is not (> 0 and <= 1e6))
        {
            yield return new($"InitialWeight must be in (0, 1000000], not {InitialWeight}.", [nameof(InitialWeight)]);
        }
    }
}
