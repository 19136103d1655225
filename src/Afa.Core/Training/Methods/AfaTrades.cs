using Afa.Losses;

namespace Afa.Training.Methods;

/// <summary>TRADES and AFA on the same adversarial images, those of TRADES: one attack for both terms.</summary>
internal sealed class AfaTrades(Replica replica) : ITrainingMethod
{
    public StepOutcome ComputeLoss(TrainingStep step)
    {
        var (model, options) = (replica.Model, replica.Options);
        var cleanFeatures = model.Features(step.Images);
        var clean = model.Logits(cleanFeatures);
        var adversarialFeatures = model.Features(Trades.Attack(replica, step, clean));
        var adversarial = model.Logits(adversarialFeatures);
        var trades = Trades.Loss(replica, step, clean, adversarial);

        var (allClean, allLabels) = replica.Exchange.Gather(cleanFeatures, step.Labels);
        var (allAdversarial, _) = replica.Exchange.Gather(adversarialFeatures, step.Labels);
        step.Clock.Book(StepClock.Exchange);

        // The AFA term is whole on every replica while its gradient is that of the own rows; the reported loss takes a share of it.
        var afa = AfaLoss.Compute(allClean, allAdversarial, allLabels, options.Afa);
        var report = trades.detach() + options.AfaWeight * afa.detach() / replica.Collective.Count;
        var loss = trades + options.AfaWeight * afa;
        step.Clock.Book(StepClock.Forward);
        return new StepOutcome(loss) { Reported = report, CleanLogits = clean, AdversarialLogits = adversarial };
    }
}
