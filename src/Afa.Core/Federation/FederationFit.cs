using System.ComponentModel.DataAnnotations;
using Afa.Attacks;
using Afa.Data;
using Afa.Federation.Aggregation;
using Afa.Federation.Attackers;
using Afa.Federation.Privacy;
using Afa.Models;

namespace Afa.Federation;

/// <summary>Which options of a federation do not go together.</summary>
internal static class FederationFit
{
    public static IEnumerable<ValidationResult> Problems(FederationOptions options)
    {
        if (options.Attackers.Count >= options.Count)
        {
            yield return new($"Attackers.Count must be less than the {options.Count} participants, not {options.Attackers.Count}.", [nameof(options.Attackers)]);
        }

        if (options.Attackers is { Count: > 0, Kind: AttackerKind.Alie, AlieZ: null } && options.Attackers.Count < options.Count && ColludingAttack.AlieZ(options.PerRound, Math.Min(options.Attackers.Count, options.PerRound - 1)) == 0)
        {
            yield return new($"Attackers.AlieZ as its authors derive it is 0 for {options.Attackers.Count} of {options.PerRound}, which sends the honest mean and so attacks nobody. Set it, such as to 1.5.", [nameof(options.Attackers)]);
        }

        if (options.Owners.Count > 0 && options.Attackers.Count > 0)
        {
            yield return new("Attackers are for experiments, in which one data set is split; leave out Owners.", [nameof(options.Attackers)]);
        }

        if (options.Owners.Count > 0 && options.Training.ImageShape is null && DatasetRegistry.IsPath(options.Training.Dataset))
        {
            yield return new(
                $"Training.ImageShape ({ImageShape.Form}, such as 10x3x32x32) must say what images the owners have: only their own silos look into {options.Training.Dataset}.", [nameof(options.Training)]);
        }

        if (options.Owners.Count == 0 && options.Training.ImageShape is not null)
        {
            yield return new("Training.ImageShape is for folders of owners; an experiment splits a data set that is here. Leave it out.", [nameof(options.Training)]);
        }

        if (AggregationRules.Problem(options.Aggregation, options.PerRound) is { } problem)
        {
            yield return new($"{problem} A round has {options.PerRound} participants.", [nameof(options.Aggregation)]);
        }

        if (options.Privacy.SecureAggregation)
        {
            if (options.Aggregation is not { Rule: AggregationRuleKind.Mean, Before: PreAggregation.None })
            {
                yield return new($"Privacy.SecureAggregation shows the aggregator only a sum, of which {options.Aggregation.Rule} cannot be computed. Use the rule mean, with Privacy.ClipNorm against large updates.", [nameof(options.Privacy)]);
            }

            if (options.Attackers is { Count: > 0, Kind: AttackerKind.Alie or AttackerKind.InnerProduct })
            {
                yield return new($"Attackers that know the honest updates ({options.Attackers.Kind}) cannot be simulated under Privacy.SecureAggregation, where nobody sees them.", [nameof(options.Attackers)]);
            }

            if (options.PerRound < 3)
            {
                yield return new($"Privacy.SecureAggregation needs at least 3 participants in a round, not {options.PerRound}: a sum of two tells each of them the other's update.", [nameof(options.Privacy)]);
            }

            if (options.PerRound > SecretSharing.MostShares)
            {
                yield return new($"Privacy.SecureAggregation is for at most {SecretSharing.MostShares} participants in a round, not {options.PerRound}. Use a smaller Fraction.", [nameof(options.Privacy)]);
            }
        }

        if (options.Privacy.NoiseMultiplier > 0 && options.Aggregation is not { Rule: AggregationRuleKind.Mean, Before: PreAggregation.None })
        {
            yield return new("Privacy.NoiseMultiplier is accounted for sums; use the rule mean.", [nameof(options.Privacy)]);
        }

        if (options.Privacy.ClipNorm > 0 && options.Strategy.Kind == StrategyKind.Scaffold)
        {
            yield return new("Scaffold sends control variates beside the updates, which Privacy.ClipNorm does not bound. Use another strategy.", [nameof(options.Strategy)]);
        }

        if (options.Training.ShardPlan == ShardPlanKind.Stored)
        {
            yield return new("Partition says how a federation splits its images; leave Training.ShardPlan out.", [nameof(options.Training)]);
        }

        if (options.Training.Validation.Images > 0)
        {
            yield return new("A federation judges its models on the participants' own test images; Training.Validation must be off.", [nameof(options.Training)]);
        }

        if (options.Training.WeightAverage > 0)
        {
            yield return new("A federation averages over participants, not over steps; Training.WeightAverage must be 0.", [nameof(options.Training)]);
        }

        if (options.Strategy.Kind == StrategyKind.FedBn && ModelRegistry.IsKnown(options.Training.Model) && !ModelRegistry.HasNormalization(ModelRegistry.Named(options.Training.Model).Name))
        {
            yield return new($"Strategy.Kind FedBn keeps normalization layers with their participants, and {options.Training.Model} has none. Use FedAvg or another model.", [nameof(options.Strategy)]);
        }

        foreach (var attack in options.Evaluation.Attacks)
        {
            if (AttackProblem(attack, options.Training.Attack.Norm) is { } attackProblem)
            {
                yield return new($"Evaluation.Attacks: {attackProblem}", [nameof(options.Evaluation)]);
            }
        }
    }

    private static string? AttackProblem(string attack, AttackNorm norm)
    {
        try
        {
            var stages = AttackCascade.Parse([attack], norm).SelectMany(cascade => cascade.Stages);
            return stages.FirstOrDefault(stage => stage.Description.SourceCheckpoint is not null) is { } transfer
                ? $"'{transfer.Name}' takes its gradients from another checkpoint, which participants do not load. Use an attack on the model itself."
                : null;
        }
        catch (ArgumentException exception)
        {
            return exception.Message.Replace($" (Parameter '{exception.ParamName}')", "", StringComparison.Ordinal);
        }
    }
}
