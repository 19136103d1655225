using System.Diagnostics;

namespace Afa.Training;

/// <summary>Adds up the time of each part of a step: data, attack, exchange, backward, reduce, update.</summary>
public sealed class StepClock
{
    public const string Data = "data";
    public const string Forward = "forward";
    public const string Attack = "attack";
    public const string Exchange = "exchange";
    public const string Backward = "backward";
    public const string Reduce = "reduce";
    public const string Update = "update";

    private readonly Dictionary<string, double> _seconds = [];
    private readonly List<StepInterval> _intervals = [];
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Seconds of each part.</summary>
    public IReadOnlyDictionary<string, double> Seconds => _seconds;

    /// <summary>When each part was at work, in the order of time.</summary>
    public IReadOnlyList<StepInterval> Intervals => _intervals;

    /// <summary>Books the time since the last call.</summary>
    public void Book(string part)
    {
        var now = Stopwatch.GetTimestamp();
        _seconds[part] = _seconds.GetValueOrDefault(part) + Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
        if (_intervals.Count > 0 && _intervals[^1].Part == part)
        {
            _intervals[^1] = _intervals[^1] with { Ended = now };
        }
        else
        {
            _intervals.Add(new StepInterval(part, _last, now));
        }

        _last = now;
    }
}
