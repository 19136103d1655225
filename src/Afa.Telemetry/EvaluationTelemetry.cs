using System.Diagnostics;
using System.Diagnostics.Metrics;
using Afa.Attacks;
using Afa.Evaluation;

namespace Afa.Telemetry;

/// <summary>What can be measured of evaluations: meter and activity source <c>afa.evaluation</c>.</summary>
public sealed class EvaluationTelemetry
{
    public const string Name = "afa.evaluation";

    private static readonly ActivitySource s_source = new(Name);

    private readonly Counter<long> _samples;
    private readonly Counter<long> _broken;
    private long _waiting;
    private long _leased;
    private long _done;
    private long _lost;

    public EvaluationTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _samples = meter.CreateCounter<long>("afa.attack.samples", "{sample}", "Samples that an attack was run on.");
        _broken = meter.CreateCounter<long>("afa.attack.broken", "{sample}", "Samples that an attack broke.");
        meter.CreateObservableGauge("afa.evaluation.units", Units, "{unit}", "Units of the evaluations that this silo leads: waiting, leased, and done since it started.");
        meter.CreateObservableCounter("afa.evaluation.leases.lost", () => Interlocked.Read(ref _lost), "{lease}", "Leases whose evaluator was lost, so that the unit is leased again.");
    }

    /// <summary>Begins the span of an evaluation; null if nobody listens.</summary>
    public static Activity? StartEvaluation(string evaluation) => s_source.StartActivity("afa.evaluate.run")?.SetTag("afa.evaluation", evaluation);

    /// <summary>Begins the span of one unit; null if nobody listens.</summary>
    public static Activity? StartUnit(string unit) => s_source.StartActivity("afa.evaluate.unit")?.SetTag("afa.unit", unit);

    /// <summary>Units that wait now and did not before, or no longer wait if negative.</summary>
    public void UnitsWait(int count) => Interlocked.Add(ref _waiting, count);

    /// <summary>A unit that waited is leased until what is returned is disposed.</summary>
    public IDisposable UnitLeased()
    {
        Interlocked.Decrement(ref _waiting);
        Interlocked.Increment(ref _leased);
        return new Lease(this);
    }

    /// <summary>A unit's record was stored.</summary>
    public void UnitStored() => Interlocked.Increment(ref _done);

    /// <summary>An evaluator was lost with its unit.</summary>
    public void LeaseLost() => Interlocked.Increment(ref _lost);

    /// <summary>Counts for each attack the samples that it was run on, which are those that the attacks before it left, and those it broke.</summary>
    public void UnitAttacked(UnitOutcome outcome, IReadOnlyList<AttackCascade> cascades)
    {
        var correct = outcome.CleanCorrect.ToList();
        foreach (var (result, cascade) in outcome.Cascades.Zip(cascades))
        {
            for (var stage = 0; stage < cascade.Stages.Count; stage++)
            {
                var label = new KeyValuePair<string, object?>("attack", LabelOf(cascade.Stages[stage]));
                _samples.Add(correct.Zip(result.BrokenBy, (isCorrect, by) => isCorrect && (by is null || by >= stage)).Count(isAttacked => isAttacked), label);
                _broken.Add(result.BrokenBy.Count(by => by == stage), label);
            }
        }
    }

    // "transfer:runs/first/checkpoints/step-00000120" names a checkpoint, of which there may be any number.
    private static string LabelOf(AttackStage stage) => stage.Name.Split(':')[0];

    private IEnumerable<Measurement<long>> Units() =>
    [
        new(Interlocked.Read(ref _waiting), new KeyValuePair<string, object?>("state", "waiting")),
        new(Interlocked.Read(ref _leased), new KeyValuePair<string, object?>("state", "leased")),
        new(Interlocked.Read(ref _done), new KeyValuePair<string, object?>("state", "done")),
    ];

    private sealed class Lease(EvaluationTelemetry telemetry) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref telemetry._leased);
    }
}
