namespace Afa.Sweeps;

/// <summary>How values are drawn from a range.</summary>
public enum SweepScale
{
    /// <summary>All values alike.</summary>
    Linear,

    /// <summary>All logarithms alike: as often from 0.01 to 0.1 as from 0.1 to 1.</summary>
    Log,
}
