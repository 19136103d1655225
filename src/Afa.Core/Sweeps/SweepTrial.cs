using Afa.Evaluation;
using Afa.Training;

namespace Afa.Sweeps;

/// <summary>One training of a sweep and the evaluation of what came out.</summary>
public sealed record SweepTrial
{
    /// <summary>Point and seed, such as "afa-07-s0".</summary>
    public required string Name { get; init; }

    /// <summary>Name of its <see cref="SweepPoint"/>.</summary>
    public required string Point { get; init; }

    /// <summary>Its seed is that of the trial.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>Images of its training set, counted when the sweep is planned; only for estimates, so 0, of an older plan, does no harm.</summary>
    public int TrainingImages { get; init; }

    /// <summary>Without a checkpoint, which is not there yet.</summary>
    public required EvaluationOptions Evaluation { get; init; }

    /// <summary>Name of the trial with this point and seed.</summary>
    public static string NameOf(SweepPoint point, ulong seed) => FormattableString.Invariant($"{point.Name}-s{seed}");

    /// <summary>Name of its training run.</summary>
    public string Run(string sweep) => $"{sweep}-{Name}";

    /// <summary>Name of its evaluation.</summary>
    public string EvaluationName(string sweep) => $"{Run(sweep)}-evaluation";
}
