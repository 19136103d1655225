using Afa.Losses;

namespace Afa.Training.Methods;

/// <summary>Pre-training of the features by <see cref="SupervisedContrastiveLoss"/>: Khosla et al. 2020 (arXiv:2004.11362), on two augmented views of each clean image.</summary>
/// <remarks>The loss is on the penultimate features themselves, as that of AFA is, while the authors put a projection of two layers between.</remarks>
internal sealed class Supcon(Replica replica) : ITrainingMethod
{
    public StepOutcome ComputeLoss(TrainingStep step)
    {
        var features = replica.Model.Features(step.Images);   // A row for each view.
        step.Clock.Book(StepClock.Forward);
        var (allFeatures, allLabels) = replica.Exchange.Gather(features, step.Labels);
        step.Clock.Book(StepClock.Exchange);

        var loss = SupervisedContrastiveLoss.Compute(allFeatures, allLabels, replica.Options.SupconTemperature);
        step.Clock.Book(StepClock.Forward);
        return new StepOutcome(loss) { Reported = loss.detach() / replica.Collective.Count };
    }
}
