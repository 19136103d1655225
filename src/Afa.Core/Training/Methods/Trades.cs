using Afa.Losses;
using static TorchSharp.torch;

namespace Afa.Training.Methods;

/// <summary>TRADES: Zhang et al. 2019 (arXiv:1901.08573); with the default options as in the authors' code.</summary>
internal sealed class Trades(Replica replica) : ITrainingMethod
{
    public StepOutcome ComputeLoss(TrainingStep step)
    {
        var clean = replica.OnClean(step, replica.Model.call);
        var adversarial = replica.Model.call(Attack(replica, step, clean));
        return new StepOutcome(Loss(replica, step, clean, adversarial)) { CleanLogits = clean, AdversarialLogits = adversarial };
    }

    /// <summary>Up the divergence from the clean prediction, which is computed once.</summary>
    /// <param name="cleanLogits">Logits of the step's images in the model's present mode.</param>
    internal static Tensor Attack(Replica replica, TrainingStep step, Tensor cleanLogits) => step.AttackOnce(nameof(Trades), () =>
    {
        var target = replica.IsSameInEvaluation ? cleanLogits.detach() : replica.OnClean(step, replica.FrozenLogits);
        var start = replica.Options.TradesStart == TradesStart.Gaussian ? InnerAttack.CloseStart(step) : replica.Attack.UniformStart(step);
        return replica.Attack.Divergence(step, start, target);
    });

    internal static Tensor Loss(Replica replica, TrainingStep step, Tensor clean, Tensor adversarial)
    {
        var options = replica.Options;
        var loss = TradesLoss.Compute(clean, adversarial, step.Labels, options.TradesBeta, options.LabelSmoothing, replica.GlobalBatch(step), options.TradesTarget);
        step.Clock.Book(StepClock.Forward);
        return loss;
    }
}
