namespace Afa.Training.Methods;

/// <summary>What one phase of a run minimizes.</summary>
internal interface ITrainingMethod
{
    /// <summary>How often a step computes the loss and moves the weights by it.</summary>
    int UpdatesPerStep => 1;

    /// <summary>Computes the loss of one step at the present weights. Every replica makes the same calls to the others meanwhile.</summary>
    /// <returns>Tensors of the scope that the step was made in.</returns>
    StepOutcome ComputeLoss(TrainingStep step);
}
