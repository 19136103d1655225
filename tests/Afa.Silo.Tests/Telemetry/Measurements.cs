using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Afa.Tests.Silo.Telemetry;

/// <summary>A meter factory whose meters are listened to: what was measured for each instrument and label, the sum of counts and the last of gauges.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _sums = [];

    public Measurements()
    {
        Factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == Factory)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, labels, _) => Add(instrument, value, labels));
        _listener.SetMeasurementEventCallback<long>((instrument, value, labels, _) => Add(instrument, value, labels));
        _listener.SetMeasurementEventCallback<double>((instrument, value, labels, _) => Add(instrument, value, labels));
        _listener.Start();
    }

    public IMeterFactory Factory { get; }

    /// <summary>Such as <c>afa.attack.samples{attack=square}</c>; 0 if nothing was measured.</summary>
    public double this[string instrumentAndLabels] => _sums.GetValueOrDefault(instrumentAndLabels);

    public IEnumerable<string> Names => _sums.Keys;

    /// <summary>Asks what measures when it is asked.</summary>
    public void Observe() => _listener.RecordObservableInstruments();

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        var name = instrument.Name + (labels.IsEmpty ? "" : $"{{{string.Join(',', labels.ToArray().Select(label => $"{label.Key}={label.Value}"))}}}");
        _sums[name] = instrument.IsObservable || instrument is Gauge<double> or Gauge<int> ? value : _sums.GetValueOrDefault(name) + value;
    }
}
