using System.Diagnostics.Metrics;

namespace Afa.Telemetry;

/// <summary>Counts by the values of one label, each there as 0 before it is first counted: an increase from nothing is none to Prometheus.</summary>
internal sealed class LabeledCounts(string label, params string[] values)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _counts = values.ToDictionary(value => value, _ => 0L);

    /// <exception cref="KeyNotFoundException">The value is not one of the label's.</exception>
    public void Increment(string value) => Add(value, 1);

    /// <exception cref="KeyNotFoundException">The value is not one of the label's.</exception>
    public void Add(string value, long count)
    {
        lock (_lock)
        {
            _counts[value] = _counts[value] + count;
        }
    }

    public IEnumerable<Measurement<long>> Read()
    {
        lock (_lock)
        {
            return [.. _counts.Select(entry => new Measurement<long>(entry.Value, new KeyValuePair<string, object?>(label, entry.Key)))];
        }
    }
}
