namespace Afa.Attacks;

/// <summary>Where one sample stands in <see cref="Apgd"/>: runs one after the other, each from its own start, until one breaks it.</summary>
/// <remarks>
/// A run is one restart for one target class, the restarts of a target one after the other. It has one phase, or with larger radii three,
/// of which each starts from the best point of the one before.
/// </remarks>
internal sealed class ApgdRow(int sample, int runs, IReadOnlyList<ApgdPhase> phases, Func<ApgdPhase, double, long, IApgdStepSize> createStepSize)
{
    private int _phase;
    private double _loss;
    private double _bestLoss;

    /// <summary>Position of the sample in the attack's input.</summary>
    public int Sample { get; } = sample;

    /// <summary>Number of the run, from 0.</summary>
    public int Run { get; private set; }

    public ApgdPhase Phase => phases[_phase];

    /// <summary>Steps taken in this phase.</summary>
    public int Iteration { get; private set; }

    /// <summary>Whether a start must be put in place before the next evaluation.</summary>
    public bool NeedsStart { get; private set; } = true;

    /// <summary>Whether that start is drawn, and not the best point of the phase before.</summary>
    public bool StartsAnew => _phase == 0;

    /// <summary>Known after the start has been evaluated.</summary>
    public IApgdStepSize? StepSize { get; private set; }

    public bool IsBroken { get; private set; }

    /// <summary>Whether every run is over.</summary>
    public bool IsExhausted => Run == runs;

    public bool HadZeroGradient { get; set; }

    /// <summary>Call when the start is in place.</summary>
    public void BeginPhase() => (NeedsStart, Iteration) = (false, 0);

    /// <summary>Takes note of the present point.</summary>
    /// <returns>Whether it is the best of the phase so far.</returns>
    public bool Record(double loss, bool isCorrect)
    {
        // Points of earlier phases lie outside of the ball that counts.
        IsBroken |= !isCorrect && _phase == phases.Count - 1;
        _loss = loss;
        if (Iteration > 0 && !(loss > _bestLoss))
        {
            return false;
        }

        _bestLoss = loss;
        return true;
    }

    /// <summary>Decides how to go on from the point last recorded.</summary>
    /// <param name="changedPixels">Of the best point so far.</param>
    /// <returns>Whether the next step starts from the best point.</returns>
    public bool Advance(long changedPixels)
    {
        var goesBack = false;
        if (Iteration == 0)
        {
            StepSize = createStepSize(Phase, _bestLoss, changedPixels);
        }
        else
        {
            goesBack = StepSize!.Observe(_loss, _bestLoss, changedPixels);
        }

        if (Iteration < Phase.Iterations)
        {
            Iteration++;
            return goesBack;
        }

        NeedsStart = true;
        _phase = (_phase + 1) % phases.Count;
        Run += _phase == 0 ? 1 : 0;
        return false;
    }
}
