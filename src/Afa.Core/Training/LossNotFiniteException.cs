namespace Afa.Training;

/// <summary>The loss became infinite or not a number; training cannot go on.</summary>
public sealed class LossNotFiniteException(long step, int rank, double loss) : InvalidOperationException(
    $"The loss of step {step} on trainer {rank} is {loss}. The last checkpoint is unharmed; try a lower learning rate or gradient clipping.");
