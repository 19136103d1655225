namespace Afa.Training;

/// <summary>Where the attack of TRADES starts.</summary>
public enum TradesStart
{
    /// <summary>Gaussian noise of deviation 0.001 from the image, as in the authors' code.</summary>
    Gaussian,

    /// <summary>A point drawn uniformly in the ball.</summary>
    Uniform,
}
