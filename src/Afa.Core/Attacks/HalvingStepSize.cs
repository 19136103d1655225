namespace Afa.Attacks;

/// <summary>The step size of <see cref="Apgd"/> for one sample in Linf and L2: Croce and Hein 2020 (arXiv:2003.01690), section 3.2.</summary>
/// <param name="epsilon">Radius of the ball; the first step is twice as long.</param>
/// <param name="iterations">Of the run: checks come after 22 % of them, then after 3 % less each time, but at least 6 %.</param>
/// <param name="rho">The step is halved unless more than this share of the steps since the last check raised the loss.</param>
/// <param name="startLoss">Loss at the starting point.</param>
/// <remarks>The first step counts as a rise if its loss is above 0, not above that of the starting point: so the authors' code reads its empty last entry.</remarks>
internal sealed class HalvingStepSize(double epsilon, int iterations, double rho, double startLoss) : IApgdStepSize
{
    private readonly int _shorter = Math.Max((int)(0.03 * iterations), 1);
    private readonly int _shortest = Math.Max((int)(0.06 * iterations), 1);
    private int _window = Math.Max((int)(0.22 * iterations), 1);
    private int _steps;
    private int _rises;
    private double _previousLoss;
    private double _bestLossAtCheck = startLoss;
    private bool _wasHalved = true;

    /// <inheritdoc/>
    public double StepSize { get; private set; } = 2 * epsilon;

    /// <inheritdoc/>
    public bool Observe(double loss, double bestLoss, long changedPixels)
    {
        _steps++;
        _rises += loss > _previousLoss ? 1 : 0;
        _previousLoss = loss;
        if (_steps < _window)
        {
            return false;
        }

        var isHalved = _rises <= _window * rho || (!_wasHalved && _bestLossAtCheck >= bestLoss);
        StepSize = isHalved ? StepSize / 2 : StepSize;
        (_wasHalved, _bestLossAtCheck) = (isHalved, bestLoss);
        (_steps, _rises) = (0, 0);
        _window = Math.Max(_window - _shorter, _shortest);
        return isHalved;
    }
}
