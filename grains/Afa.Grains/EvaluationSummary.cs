using System.Runtime.InteropServices;
using Afa.Evaluation;

namespace Afa.Grains;

/// <summary>Makes the result of an evaluation from the records of its units.</summary>
/// <param name="slots">Those of the silo at hand, in words.</param>
internal sealed class EvaluationSummary(EvaluationJob job, IEnumerable<UnitOutcome> outcomes, IReadOnlyList<EvaluatedCheckpoint> checkpoints, string slots, TimeProvider time)
{
    /// <param name="seconds">Wall time at work.</param>
    public EvaluationDocument Create(string evaluation, double seconds)
    {
        var byPair = outcomes.ToLookup(outcome => (outcome.Unit.Checkpoint, outcome.Unit.Epsilon));
        var results = new List<EvaluationResult>();
        for (var checkpoint = 0; checkpoint < job.Options.Checkpoints.Count; checkpoint++)
        {
            var model = checkpoints.First(known => known.Name == job.Options.Checkpoints[checkpoint]).Model;
            for (var epsilon = 0; epsilon < job.Options.Epsilons.Count; epsilon++)
            {
                results.Add(Result(checkpoint, epsilon, model, [.. byPair[(checkpoint, epsilon)]]));
            }
        }

        return new EvaluationDocument { Evaluation = evaluation, CreatedAt = time.GetUtcNow(), Seconds = seconds, Results = results };
    }

    private EvaluationResult Result(int checkpoint, int epsilon, string model, List<UnitOutcome> units)
    {
        var evaluated = units.Sum(unit => unit.Unit.Count);
        if (evaluated != job.Options.Images)
        {
            throw new InvalidOperationException($"The records of {job.Options.Checkpoints[checkpoint]} hold {evaluated} images, not {job.Options.Images}. Start the evaluation under another name.");
        }

        var attacks = RobustAccuracy.Pool(units, job.Cascades, job.Dataset);
        return new EvaluationResult
        {
            Checkpoint = job.Options.Checkpoints[checkpoint],
            Model = model,
            Dataset = job.Dataset.Name,
            Split = "test",
            Norm = job.Options.Norm.ToString().ToLowerInvariant(),
            Epsilon = job.Options.Epsilons[epsilon],
            Images = evaluated,
            Seed = job.Options.Seed,
            CreatedAt = time.GetUtcNow(),
            Seconds = attacks[^1].Seconds,
            Attacks = attacks,
            Curve = RobustnessCurve.Of(units, job.Epsilons[epsilon]),
            Warnings = ResultWarnings.Of(units, attacks, job.Dataset.ClassNames),
            Examples = [.. units.OrderBy(unit => unit.Unit.Start).SelectMany(unit => unit.Examples)],
            Environment = $"libtorch {TorchSharp.torch.__version__}, {slots}, {RuntimeInformation.OSDescription}, .NET {Environment.Version}",
        };
    }
}
