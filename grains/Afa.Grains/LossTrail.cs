namespace Afa.Grains;

/// <summary>The losses of a run's steps in a bounded number of points, evenly over all steps: when they are too many, two become one.</summary>
internal sealed class LossTrail
{
    private const int MostPoints = 200;

    private readonly List<LossPoint> _points = [];
    private int _stepsPerPoint = 1;
    private int _steps;
    private double _sum;
    private long _lastStep = -1;
    private string? _phase;

    /// <summary>Means over equally many steps each, oldest first; the newest steps are missing until there are as many.</summary>
    public IReadOnlyList<LossPoint> Points => [.. _points];

    /// <param name="step">Steps finished. One that was there already, as after a recovery, replaces what came from it on.</param>
    public void Add(long step, string phase, double loss)
    {
        if (step <= _lastStep || phase != _phase)
        {
            _points.RemoveAll(point => point.Step >= step);
            (_steps, _sum) = (0, 0);   // Losses of two phases are of two kinds: no point has both.
        }

        (_lastStep, _phase) = (step, phase);
        _sum += loss;
        if (++_steps < _stepsPerPoint)
        {
            return;
        }

        _points.Add(new LossPoint(step, phase, _sum / _steps));
        (_steps, _sum) = (0, 0);
        if (_points.Count > MostPoints)
        {
            Halve();
        }
    }

    private void Halve()
    {
        var pairs = _points.GroupBy(point => point.Phase).SelectMany(phase => phase.Chunk(2)).Select(pair => pair[^1] with { Loss = pair.Average(point => point.Loss) }).ToList();
        _points.Clear();
        _points.AddRange(pairs);
        _stepsPerPoint *= 2;
    }
}
