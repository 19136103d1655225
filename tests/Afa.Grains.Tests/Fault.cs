namespace Afa.Tests.Grains;

internal enum FaultKind
{
    SiloKilled,
    TrainerLost,
    RunGrainLost,
    StoreAway,
    StoreRefusesWrites,
    FederationGrainLost,
    ParticipantLost,

    /// <summary>The silo is killed that adds up, or did last.</summary>
    AggregatorKilled,
}

/// <summary>Something that befalls a run or a federation at a random moment.</summary>
/// <param name="Step">Comes once a run has done so many steps, or so much has been written for a federation.</param>
/// <param name="Delay">Wait from there, so that it comes within the step, and not just between two.</param>
/// <param name="Victim">Which silo, trainer or participant, counted round.</param>
/// <param name="Duration">Of a store's absence.</param>
internal sealed record Fault(FaultKind Kind, int Step, TimeSpan Delay, int Victim, TimeSpan Duration)
{
    public static IReadOnlyList<FaultKind> OfTraining { get; } = [FaultKind.SiloKilled, FaultKind.TrainerLost, FaultKind.RunGrainLost, FaultKind.StoreAway, FaultKind.StoreRefusesWrites];

    public static IReadOnlyList<FaultKind> OfFederations { get; } =
        [FaultKind.SiloKilled, FaultKind.FederationGrainLost, FaultKind.AggregatorKilled, FaultKind.StoreAway, FaultKind.ParticipantLost, FaultKind.StoreRefusesWrites];

    /// <summary>The faults of one trial, one to three, in the order of their moments; of seeds in a row, each kind comes first in turn.</summary>
    /// <param name="steps">Of the undisturbed one.</param>
    public static IReadOnlyList<Fault> Plan(int seed, int steps, IReadOnlyList<FaultKind> kinds)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, random.Next(1, 4))
                .Select(i => new Fault(
                    i == 0 ? kinds[seed % kinds.Count] : kinds[random.Next(kinds.Count)],
                    random.Next(steps),
                    TimeSpan.FromMilliseconds(random.Next(60)),
                    random.Next(6),
                    TimeSpan.FromMilliseconds(random.Next(50, 1000))))
                .OrderBy(fault => fault.Step),
        ];
    }

    public override string ToString() =>
        $"{Kind} {Victim} at step {Step} + {Delay.TotalMilliseconds} ms{(Kind is FaultKind.StoreAway or FaultKind.StoreRefusesWrites ? $" for {Duration.TotalMilliseconds} ms" : "")}";
}
