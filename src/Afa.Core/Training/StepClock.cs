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
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Seconds of each part.</summary>
    public IReadOnlyDictionary<string, double> Seconds => _seconds;

    /// <summary>Books the time since the last call.</summary>
    public void Book(string part)
    {
        var now = Stopwatch.GetTimestamp();
        _seconds[part] = _seconds.GetValueOrDefault(part) + Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
        _last = now;
    }
}
