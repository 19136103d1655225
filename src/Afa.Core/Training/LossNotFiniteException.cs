namespace Afa.Training;

/// <summary>The loss or its gradient became infinite or not a number; training cannot go on.</summary>
public sealed class LossNotFiniteException(long step, int rank, string what, double value) : InvalidOperationException(
    $"The {what} of step {step} on trainer {rank} is {value}. The last checkpoint is unharmed; try a lower learning rate or gradient clipping.");
