using System.Diagnostics.Metrics;

namespace Afa.Telemetry;

/// <summary>What can be measured of federations: meter <c>afa.federation</c>.</summary>
public sealed class FederationTelemetry
{
    public const string Name = "afa.federation";

    private readonly LabeledCounts _participants = new("outcome", "delivered", "missing");
    private readonly Histogram<double> _duration;
    private readonly Gauge<double> _accuracy;
    private long _rounds;
    private long _repeated;
    private long _clamped;

    public FederationTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        meter.CreateObservableCounter("afa.federation.rounds", () => Interlocked.Read(ref _rounds), "{round}", "Rounds of the federations that this silo leads.");
        meter.CreateObservableCounter("afa.federation.rounds.repeated", () => Interlocked.Read(ref _repeated), "{round}", "Rounds that were begun anew because too few participants delivered or something was lost.");
        meter.CreateObservableCounter("afa.federation.participants", _participants.Read, "{participant}", "Participants that were asked in a round, by whether their update is in the new model.");
        meter.CreateObservableCounter("afa.federation.values.clamped", () => Interlocked.Read(ref _clamped), "{value}", "Values of updates of this silo's participants that secure aggregation clamps to its range.");
        _duration = meter.CreateHistogram("afa.federation.round.duration", "s", "Time of a round: training and adding up, without judging.", advice: Durations.Advice);
        _accuracy = meter.CreateGauge<double>("afa.federation.accuracy.ratio", "1", "Accuracy of the newest judged model: pooled over the participants, clean and robust, and of the participant for whom it is the least robust.");
    }

    /// <summary>A round is over.</summary>
    public void RoundDone(int delivered, int missing, TimeSpan duration)
    {
        Interlocked.Increment(ref _rounds);
        _participants.Add("delivered", delivered);
        _participants.Add("missing", missing);
        _duration.Record(duration.TotalSeconds);
    }

    /// <summary>A round is begun anew.</summary>
    public void RoundRepeated() => Interlocked.Increment(ref _repeated);

    /// <summary>An update of a participant here has values outside the range of secure aggregation.</summary>
    public void ValuesClamped(long count) => Interlocked.Add(ref _clamped, count);

    /// <summary>A model was judged; accuracies in [0, 1], null where there are none.</summary>
    public void ModelJudged(double? clean, double? robust, double? worstParticipant)
    {
        Record("clean", clean);
        Record("robust", robust);
        Record("worst_participant", worstParticipant);
    }

    private void Record(string figure, double? value)
    {
        if (value is { } accuracy)
        {
            _accuracy.Record(accuracy, new KeyValuePair<string, object?>("figure", figure));
        }
    }
}
