using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Afa.Models;
using Afa.Training.Methods;

namespace Afa.Training;

/// <summary>Finds training options that are each in range but do not go together.</summary>
internal static class OptionFit
{
    public static IEnumerable<ValidationResult> Problems(TrainingOptions options)
    {
        if (!Enum.IsDefined(options.Method))
        {
            yield break;
        }

        var method = TrainingMethods.Get(options.Method);
        var name = JsonNamingPolicy.KebabCaseLower.ConvertName(options.Method.ToString());
        if (options.LabelSmoothing > 0 && !method.TakesLabelSmoothing)
        {
            yield return new($"LabelSmoothing does not go with {name}, whose loss has a margin for one right class; set it to 0.", [nameof(options.LabelSmoothing)]);
        }

        if (options.AwpGamma > 0 && method.NoWeightPerturbation is { } reason)
        {
            yield return new($"AwpGamma does not go with {name}: {reason}. Set it to 0 or take another method, such as pgd-at or trades.", [nameof(options.AwpGamma)]);
        }
        else if (options.AwpGamma > 0 && options.AwpWarmup >= options.Epochs)
        {
            yield return new(
                $"AwpWarmup is {options.AwpWarmup} of {options.Epochs} epochs, so weights would never be perturbed. Make it less than Epochs, or set AwpGamma to 0.", [nameof(options.AwpWarmup)]);
        }
        else if (options.AwpGamma == 0 && options.AwpWarmup > 0)
        {
            yield return new("AwpWarmup needs AwpGamma greater than 0, such as 0.005; or set it to 0.", [nameof(options.AwpWarmup)]);
        }

        if (options.Gradient.Wire == ComputePrecision.Bfloat16 && options.Trainers == 1)
        {
            yield return new("Gradient.Wire bfloat16 needs two trainers or more: one sends its gradient to nobody. Use float32.", [nameof(options.Gradient)]);
        }
        else if (options.Gradient.Wire == ComputePrecision.Bfloat16 && options.AwpGamma > 0)
        {
            yield return new(
                "Gradient.Wire bfloat16 does not go with AwpGamma: rounding errors of the gradient that weights are perturbed along would go into the one that they learn from. Use float32.", [nameof(options.Gradient)]);
        }

        if (options.Elastic && options.Trainers == 1)
        {
            yield return new("Elastic needs Trainers greater than 1: it is the most that the run may have, and one cannot become fewer. Raise Trainers, or leave it out.", [nameof(options.Elastic)]);
        }
        else if (options.Elastic && options.Gradient.Wire == ComputePrecision.Bfloat16)
        {
            yield return new(
                "Elastic does not go with Gradient.Wire bfloat16: each trainer carries rounding errors of its own, which have no owner when the number of trainers changes. Use float32.", [nameof(options.Elastic)]);
        }

        if (options.Normalization.DuringAttack != AttackNormalization.Eval && (!method.Attacks || method.AttacksInTrainingPass))
        {
            var why = method.Attacks ? "attacks in the pass that the weights learn from" : "has no attack in training";
            yield return new($"Normalization.DuringAttack is {options.Normalization.DuringAttack}, but {name} {why}; leave it out.", [nameof(options.Normalization.DuringAttack)]);
        }

        if (options.Normalization.Separate && !method.LearnsFromBothKinds)
        {
            yield return new(
                $"Normalization.Separate needs a method that trains on clean and on adversarial images in each step, which {name} does not; leave it out, or take another method, such as trades or mart.",
                [nameof(options.Normalization.Separate)]);
        }

        if (method.ViewsPerImage > 1 && options.Augmentation is { CropPadding: 0, HorizontalFlip: false })
        {
            yield return new(
                $"{name} compares augmented views of each image, but nothing augments them. Set augmentation.cropPadding, such as to 2, or augmentation.horizontalFlip.", [nameof(options.Augmentation)]);
        }

        if (options.Optimizer.Schedule == LearningRateScheduleKind.MultiStep && LearningRateSchedule.ParseMilestones(options.Optimizer.Milestones) is { } milestones
            && ShortestPhase(options, method) is var (epochs, phase) && milestones[^1] >= Math.Max(epochs, 1))
        {
            yield return new(
                $"Optimizer.Milestones \"{options.Optimizer.Milestones}\" has an epoch that does not come before the end of {epochs} epochs{phase}. Use earlier ones, or shares such as \"0.5,0.75\".", [nameof(options.Optimizer.Milestones)]);
        }
    }

    /// <summary>Epochs of the shortest phase, and its name for the error. Each phase goes through the whole schedule.</summary>
    private static (int Epochs, string Phase) ShortestPhase(TrainingOptions options, MethodDescription method) =>
        method.TrainsFeaturesFirst && options.Head.Epochs < options.Epochs
            ? (options.Head.Epochs, " of the linear head, which goes through the schedule as well")
            : (options.Epochs, "");
}
