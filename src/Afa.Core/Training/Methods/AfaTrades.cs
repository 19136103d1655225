using Afa.Losses;

namespace Afa.Training.Methods;

/// <summary>TRADES + λ AFA. The AFA term takes the adversarial images of TRADES, or with <see cref="AfaImages.Afa"/> those of its own attack.</summary>
internal sealed class AfaTrades(Replica replica) : ITrainingMethod
{
    public StepOutcome ComputeLoss(TrainingStep step)
    {
        var (model, options) = (replica.Model, replica.Options);
        Trades.AttackFirst(replica, step);
        if (options.AfaImages == AfaImages.Afa)
        {
            AfaFeatures.AttackFirst(replica, step);
        }

        var cleanFeatures = replica.OnClean(step, model.Features);
        var clean = model.Logits(cleanFeatures);
        var tradesFeatures = model.Features(Trades.Attack(replica, step, clean.detach));
        var adversarial = model.Logits(tradesFeatures);
        var trades = Trades.Loss(replica, step, clean, adversarial);

        var (allClean, allLabels) = replica.Exchange.Gather(cleanFeatures, step.Labels);
        var afaFeatures = tradesFeatures;
        if (options.AfaImages == AfaImages.Afa)
        {
            step.Clock.Book(StepClock.Exchange);
            afaFeatures = model.Features(AfaFeatures.Attack(replica, step, () => (allClean.detach(), allLabels)).Images);
            step.Clock.Book(StepClock.Forward);
        }

        var (allAdversarial, _) = replica.Exchange.Gather(afaFeatures, step.Labels);
        step.Clock.Book(StepClock.Exchange);

        // The AFA term is whole on every replica while its gradient is that of the own rows; the reported loss takes a share of it.
        var afa = AfaLoss.Compute(allClean, allAdversarial, allLabels, options.Afa);
        var report = trades.detach() + options.AfaWeight * afa.detach() / replica.Collective.Count;
        var loss = trades + options.AfaWeight * afa;
        step.Clock.Book(StepClock.Forward);
        return new StepOutcome(loss) { Reported = report, CleanLogits = clean, AdversarialLogits = adversarial };
    }
}
