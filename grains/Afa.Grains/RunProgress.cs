using System.Diagnostics;

namespace Afa.Grains;

/// <summary>How fast a run moves. Not stored.</summary>
internal sealed class RunProgress
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    private readonly LossTrail _trail = new();
    private readonly Queue<(long Timestamp, double ShareDone, long Images)> _recent = [];
    private (long Timestamp, double ShareDone) _restart;
    private long _images;
    private long _writtenAt = Stopwatch.GetTimestamp();

    public long Step { get; private set; }

    /// <summary>Most steps that were ever finished since activation, whatever was repeated after.</summary>
    public long HighestStep { get; private set; }

    public string? Phase { get; private set; }

    public double? LastLoss { get; private set; }

    /// <inheritdoc cref="Grains.LossTrail.Points"/>
    public IReadOnlyList<LossPoint> LossTrail => _trail.Points;

    /// <summary>Name of the last checkpoint that was due but could not be stored; null if it was.</summary>
    public string? FailedCheckpoint { get; set; }

    public TimeSpan SinceWrite => Stopwatch.GetElapsedTime(_writtenAt);

    /// <summary>Over the last seconds.</summary>
    public double ImagesPerSecond
    {
        get
        {
            if (_recent.Count < 2)
            {
                return 0;
            }

            var (first, last) = (_recent.Peek(), _recent.Last());
            var seconds = Stopwatch.GetElapsedTime(first.Timestamp, last.Timestamp).TotalSeconds;
            return seconds > 0 ? (last.Images - first.Images) / seconds : 0;
        }
    }

    public void Restart(long step, double shareDone)
    {
        Step = step;
        _recent.Clear();
        _restart = (Stopwatch.GetTimestamp(), shareDone);
        _recent.Enqueue((_restart.Timestamp, shareDone, _images));
    }

    /// <param name="shareDone">Of the run's work, [0, 1].</param>
    public void Advance(string phase, long step, double shareDone, int images, double loss)
    {
        (Phase, Step, LastLoss) = (phase, step, loss);
        HighestStep = Math.Max(HighestStep, step);
        _images += images;
        _trail.Add(step, phase, loss);
        _recent.Enqueue((Stopwatch.GetTimestamp(), shareDone, _images));
        while (_recent.Count > 2 && Stopwatch.GetElapsedTime(_recent.Peek().Timestamp) > Window)
        {
            _recent.Dequeue();
        }
    }

    /// <summary>By the mean pace since the start or the last recovery, as the time between the steps, for validation and checkpoints, counts too.</summary>
    public TimeSpan? TimeLeft
    {
        get
        {
            var (timestamp, shareDone, _) = _recent.LastOrDefault();
            var done = shareDone - _restart.ShareDone;
            return done > 0 ? Stopwatch.GetElapsedTime(_restart.Timestamp, timestamp) * ((1 - shareDone) / done) : null;
        }
    }

    public TimeSpan TakeSinceWrite()
    {
        var passed = SinceWrite;
        _writtenAt = Stopwatch.GetTimestamp();
        return passed;
    }
}
