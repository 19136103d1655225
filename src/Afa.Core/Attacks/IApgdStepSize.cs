namespace Afa.Attacks;

/// <summary>Decides, for one sample of <see cref="Apgd"/>, how long the next step is. It sees no other sample.</summary>
internal interface IApgdStepSize
{
    /// <summary>Length of the next step, in the attack's norm.</summary>
    double StepSize { get; }

    /// <summary>Takes note of the point that the last step reached.</summary>
    /// <param name="bestLoss">The highest so far, this point included.</param>
    /// <param name="changedPixels">How many pixels of the best point so far differ from the clean image; only asked for in L1.</param>
    /// <returns>Whether the sample should go on from its best point.</returns>
    bool Observe(double loss, double bestLoss, long changedPixels);
}
