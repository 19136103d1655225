namespace Afa.Attacks;

/// <summary>Step size and sparsity of <see cref="Apgd"/> for one sample in L1: Croce and Hein 2021 (arXiv:2103.01208), section 3.3.</summary>
internal sealed class SparseStepSize : IApgdStepSize
{
    private readonly double _largest;
    private readonly int _window;
    private readonly long _pixels;
    private double _changedAtCheck;
    private int _steps;

    /// <param name="epsilon">Radius of the ball, the longest step; a tenth of it is the shortest.</param>
    /// <param name="iterations">Of the run: a check comes after every 4 % of them.</param>
    /// <param name="pixels">Numbers in an image.</param>
    /// <param name="changedAtStart">How many of them differ at a start that another run ended in; null for a random start.</param>
    public SparseStepSize(double epsilon, int iterations, long pixels, long? changedAtStart)
    {
        _largest = epsilon;
        _window = Math.Max((int)(0.04 * iterations), 1);
        _pixels = pixels;
        _changedAtCheck = changedAtStart ?? pixels;
        StepSize = epsilon;
        Share = changedAtStart is { } changed ? (double)changed / pixels / 1.5 : 0.2;
    }

    /// <inheritdoc/>
    public double StepSize { get; private set; }

    /// <summary>The share of the pixels, those of largest gradient, that the next step changes.</summary>
    public double Share { get; private set; }

    /// <inheritdoc/>
    public bool Observe(double loss, double bestLoss, long changedPixels)
    {
        if (++_steps < _window)
        {
            return false;
        }

        var isSparser = changedPixels / _changedAtCheck < 0.95;   // False for 0 / 0.
        Share = (double)changedPixels / _pixels / 1.5;
        StepSize = isSparser ? _largest : Math.Max(StepSize / 1.5, _largest / 10);
        (_changedAtCheck, _steps) = (changedPixels, 0);
        return isSparser;
    }
}
