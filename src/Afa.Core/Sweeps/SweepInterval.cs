namespace Afa.Sweeps;

/// <summary>Where a 95 % interval comes from.</summary>
public enum SweepInterval
{
    /// <summary>Student's t over the seeds, of three or more: covers the choice of seed, on the test images that were used.</summary>
    StudentT,

    /// <summary>Wilson, of the mean accuracy of one or two seeds on the test images of one: covers the choice of test images, not of the seed.</summary>
    Wilson,
}
