using System.Text.Json;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Federation;
using Afa.Federation.Aggregation;
using Afa.Federation.Attackers;
using Afa.Training;
using Microsoft.Extensions.Logging;
using Orleans.Placement;

namespace Afa.Grains;

[RandomPlacement]
internal sealed class AggregatorGrain(CheckpointStore checkpoints, AggregationReports reports, TimeProvider time, ILogger<AggregatorGrain> logger) : Grain, IAggregatorGrain
{
    public async Task<AggregationReport> AggregateAsync(AggregationRequest request)
    {
        foreach (var attempt in request.NewCheckpoints)
        {
            if (await reports.FindAsync(attempt, request.Checkpoint) is { } done)
            {
                return done;   // The call has come twice, or an attempt was given up while it was at work.
            }
        }

        if (await reports.IsNotedAsync(request.NewCheckpoints[^1], request.Checkpoint))
        {
            return new AggregationReport("", [], new Dictionary<int, string>(), null, 0, "These updates have been added up, and their model is noted: the call comes too late.");
        }

        var options = JsonSerializer.Deserialize<FederationOptions>(request.OptionsJson, AfaJson.Options)!;
        var global = await checkpoints.LoadAsync(request.Checkpoint);
        var images = request.Participants.Zip(request.Images).ToDictionary(pair => pair.First, pair => pair.Second);
        var lost = new Dictionary<int, string>();
        while (true)
        {
            var members = request.Participants.Where(participant => !lost.ContainsKey(participant)).ToList();
            if (Problem(options, request, members.Count) is { } problem)
            {
                return new AggregationReport("", [], lost, null, 0, problem);
            }

            try
            {
                var server = new ServerModel(global, options);
                var weights = Weights(options, members, images);
                var (delivered, chosen) = options.Privacy.SecureAggregation
                    ? await new SecureSumming(GrainFactory, request, options, logger).AddUpAsync(server, members, weights, lost)
                    : (members, await AddUpAsync(request, options, server, members, weights));
                var model = server.Finish(request.Federation, request.Round + 1, request.Checkpoint, request.Metrics, time.GetUtcNow());
                var report = new AggregationReport(request.NewCheckpoints[^1], delivered, lost, chosen, server.UpdateNorm, null);
                await reports.SaveAsync(model, report);
                return report;
            }
            catch (ParticipantLostException exception)
            {
                logger.LogWarning("Participant {Participant} of {Federation} is left out of round {Round}: {Reason}", exception.Participant, request.Federation, request.Round + 1, exception.Message);
                lost[exception.Participant] = exception.Message;
            }
        }
    }

    private static string? Problem(FederationOptions options, AggregationRequest request, int members) =>
        members < request.Least ? $"Only {members} updates were delivered, and {request.Least} are needed."
        : members > 0 && AggregationRules.Problem(options.Aggregation, members) is { } unfit ? $"{unfit} {members} updates were delivered."
        : null;

    /// <summary>By images; equal where noise is added, which is accounted for participants that count alike, and in SCAFFOLD, as its authors have it.</summary>
    private static double[] Weights(FederationOptions options, List<int> members, Dictionary<int, int> images)
    {
        var isEqual = options.Privacy.NoiseMultiplier > 0 || options.Strategy.Kind == StrategyKind.Scaffold;
        var mean = members.Count == 0 ? 1 : members.Average(member => (double)images[member]);
        return [.. members.Select(member => isEqual ? 1 : images[member] / mean)];
    }

    /// <returns>Numbers of those that the rule chose; null for a rule that uses all.</returns>
    private async Task<IReadOnlyList<int>?> AddUpAsync(AggregationRequest request, FederationOptions options, ServerModel server, List<int> members, double[] weights)
    {
        var attack = AttackersAmong(options, members);
        var reader = new UpdateReader(GrainFactory, request, members, server.Layout.Length);
        var distances = AggregationRules.DistancesFor(options.Aggregation, members.Count);
        if (distances is not null)
        {
            await reader.ForEachSliceAsync((_, slices) =>
            {
                attack(slices);
                distances.Add([.. slices.Select(slice => (ReadOnlyMemory<float>)slice)]);
            });
        }

        using var mechanism = GaussianNoise.Of(options);
        var aggregation = members.Count == 0
            ? null
            : AggregationRules.Create(options.Aggregation, weights, distances, Seed.Derive(options.Training.Seed, (ulong)SeedUse.Buckets, (ulong)request.Round));
        var combined = new float[reader.SliceLength];
        await reader.ForEachSliceAsync((offset, slices) =>
        {
            var part = combined.AsSpan(0, slices.Length == 0 ? reader.LengthAt(offset) : slices[0].Length);
            part.Clear();
            attack(slices);
            aggregation?.Combine([.. slices.Select(slice => (ReadOnlyMemory<float>)slice)], part);
            mechanism?.Apply(part, members.Count);
            server.Apply(offset, part, members.Count);
        });
        return aggregation?.Chosen?.Select(index => members[index]).ToList();
    }

    private static Action<Memory<float>[]> AttackersAmong(FederationOptions options, List<int> members)
    {
        var isAttacker = members.Select(options.IsAttacker).ToList();
        return ColludingAttack.Colludes(options.Attackers.Kind) && isAttacker.Contains(true) && isAttacker.Contains(false)
            ? slices => ColludingAttack.Apply(options.Attackers, slices, isAttacker)
            : _ => { };
    }
}
