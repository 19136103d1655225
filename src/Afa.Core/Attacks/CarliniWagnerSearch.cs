namespace Afa.Attacks;

/// <summary>The search for the weight c of one sample: Carlini and Wagner 2017, section VI.A, as in the authors' code.</summary>
/// <param name="sample">Position in the input.</param>
internal sealed class CarliniWagnerSearch(CarliniWagnerOptions options, int sample)
{
    private const double Progress = 0.9999;   // What is left of the objective after a tenth of the iterations, at most.

    private double _lower;
    private double _upper = double.PositiveInfinity;
    private double _nearest = double.PositiveInfinity;
    private double _earlier = double.PositiveInfinity;
    private bool _hasSucceeded;
    private int _step;

    public int Sample => sample;

    /// <summary>c.</summary>
    public double Weight { get; private set; } = options.InitialWeight;

    /// <summary>Within the search step; 0 when it begins.</summary>
    public int Iteration { get; private set; }

    public bool IsFinished => _step == options.SearchSteps;

    public bool HasFound => double.IsFinite(_nearest);

    /// <summary>Takes note of an iterate, and goes on to the next weight when the present one is used up.</summary>
    /// <param name="square">Of the perturbation's L2 norm.</param>
    /// <returns>Whether it is the nearest adversarial image so far.</returns>
    public bool Judge(double square, double objective, bool isWrong)
    {
        var isNearest = isWrong && square < _nearest;
        _nearest = isNearest ? square : _nearest;
        _hasSucceeded |= isWrong;
        Iteration++;

        var isStalled = false;
        if (Iteration % (options.Iterations / 10) == 0)
        {
            isStalled = !(objective <= _earlier * Progress);
            _earlier = objective;
        }

        if (isStalled || Iteration == options.Iterations)
        {
            NextWeight();
        }

        return isNearest;
    }

    private void NextWeight()
    {
        if (_hasSucceeded)
        {
            _upper = Weight;
        }
        else
        {
            _lower = Weight;
        }

        Weight = double.IsFinite(_upper) ? (_lower + _upper) / 2 : Weight * 10;
        (Iteration, _hasSucceeded, _earlier) = (0, false, double.PositiveInfinity);
        _step++;
    }
}
