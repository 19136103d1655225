using Afa.Losses;
using static TorchSharp.torch;

namespace Afa.Training.Methods;

/// <summary>TRADES: Zhang et al. 2019 (arXiv:1901.08573); with the default options as in the authors' code.</summary>
internal sealed class Trades(Replica replica) : ITrainingMethod
{
    public StepOutcome ComputeLoss(TrainingStep step)
    {
        AttackFirst(replica, step);
        var clean = replica.OnClean(step, replica.Model.call);
        var adversarial = replica.Model.call(Attack(replica, step, clean.detach));
        return new StepOutcome(Loss(replica, step, clean, adversarial)) { CleanLogits = clean, AdversarialLogits = adversarial };
    }

    /// <summary>Attacks before any pass in training mode, which would move the statistics of batch norm that the attack uses: as the authors' code does.</summary>
    /// <remarks>Without such statistics nothing is done yet, as the clean pass of the loss then gives the target as well.</remarks>
    internal static void AttackFirst(Replica replica, TrainingStep step)
    {
        if (!replica.IsSameInEvaluation)
        {
            Attack(replica, step, () => replica.OnClean(step, replica.FrozenLogits));
        }
    }

    /// <summary>Up the divergence from the clean prediction, which is computed once.</summary>
    /// <param name="target">Gives the clean logits as the attack sees them, without a gradient. Not called if the step was attacked before.</param>
    internal static Tensor Attack(Replica replica, TrainingStep step, Func<Tensor> target) => step.AttackOnce(nameof(Trades), () =>
    {
        var start = replica.Options.TradesStart == TradesStart.Gaussian ? InnerAttack.CloseStart(step) : replica.Attack.UniformStart(step);
        return replica.Attack.Divergence(step, start, target());
    });

    internal static Tensor Loss(Replica replica, TrainingStep step, Tensor clean, Tensor adversarial)
    {
        var options = replica.Options;
        var loss = TradesLoss.Compute(clean, adversarial, step.Labels, options.TradesBeta, options.LabelSmoothing, replica.GlobalBatch(step), options.TradesTarget);
        step.Clock.Book(StepClock.Forward);
        return loss;
    }
}
