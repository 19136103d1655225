using System.Diagnostics;
using System.Text;
using Afa.Telemetry;
using Afa.Training;

namespace Afa.Grains;

/// <summary>Lets a trainer, which blocks on its device's thread, exchange numbers with the others of its run.</summary>
/// <remarks>
/// Features go through the run's exchange grain. Gradients of trainers on one silo are added up where they lie, in the process's memory; where trainers are on
/// several silos, <see cref="SliceExchange"/> takes the sums between them, in the same order of additions. The first exchange tells who is where.
/// </remarks>
internal sealed class GrainCollective(
    BlockingCalls calls, LocalReductions local, SiloAddress silo, string run, int attempt, int rank, int count, MessageLimit limit, TrainingTelemetry telemetry) : ICollective
{
    private long _round;
    private ReductionPlan? _plan;
    private IReadOnlyList<int> _neighbors = [];
    private SliceExchange? _slices;

    public int Rank => rank;

    public int Count => count;

    private ReductionPlan Plan => _plan ?? Meet();

    public IReadOnlyList<ReadOnlyMemory<byte>> AllGather(ReadOnlyMemory<byte> own)
    {
        if (Plan.Silos.Count > 1)
        {
            limit.Require((long)own.Length * count, $"what {count} trainers have to say", "Use a smaller batch.");
        }

        return Gather(own);
    }

    public void AllReduceSum(Span<float> values) => Reduce(values, GradientFormat.Float32);

    public void AllReduceSumOfBfloat16(Span<float> values) => Reduce(values, GradientFormat.Bfloat16);

    private void Reduce(Span<float> values, GradientFormat format)
    {
        var started = Stopwatch.GetTimestamp();
        var plan = Plan;
        var round = _round++;
        if (values.IsEmpty)
        {
            return;
        }

        local.Reduce(
            new RoundMember(attempt, round, rank, count), run, _neighbors, values, calls.RequireCurrent, plan.Silos.Count == 1 ? null : gradients => _slices!.Reduce(gradients, round, format));
        telemetry.Reduced(values.Length * sizeof(float), started);
    }

    private ReductionPlan Meet()
    {
        var addresses = Gather(Encoding.UTF8.GetBytes(silo.ToParsableString()));
        _plan = new ReductionPlan([.. addresses.Select(address => SiloAddress.FromParsableString(Encoding.UTF8.GetString(address.Span)))]);
        _neighbors = _plan.RanksOn(silo);
        _slices = new SliceExchange(calls, _plan, silo, run, attempt, limit);
        return _plan;
    }

    private ReadOnlyMemory<byte>[] Gather(ReadOnlyMemory<byte> own)
    {
        var rows = new TensorSlice(own.ToArray());
        var member = new RoundMember(attempt, _round++, rank, count);
        var all = calls.Wait(calls.Start(grains => BlockingCalls.UntilThereAsync(() => grains.GetGrain<IFeatureExchangeGrain>(run).GatherAsync(member, rows))));
        return [.. all.Select(slice => new ReadOnlyMemory<byte>(slice.Bytes))];
    }
}
