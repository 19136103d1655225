namespace Afa.Tests.Grains;

internal enum FaultKind
{
    SiloKilled,
    TrainerLost,
    RunGrainLost,
    StoreAway,
    StoreRefusesWrites,
}

/// <summary>Something that befalls a run at a random moment.</summary>
/// <param name="Step">Comes once the run has got so far.</param>
/// <param name="Delay">Wait from there, so that it comes within the step, and not just between two.</param>
/// <param name="Victim">Which silo or trainer, counted round.</param>
/// <param name="Duration">Of a store's absence.</param>
internal sealed record Fault(FaultKind Kind, int Step, TimeSpan Delay, int Victim, TimeSpan Duration)
{
    /// <summary>The faults of one trial, one to three, in the order of their moments; of seeds in a row, each kind comes first in turn.</summary>
    /// <param name="steps">Of the run.</param>
    public static IReadOnlyList<Fault> Plan(int seed, int steps)
    {
        var random = new Random(seed);
        var kinds = Enum.GetValues<FaultKind>();
        return
        [
            .. Enumerable.Range(0, random.Next(1, 4))
                .Select(i => new Fault(
                    i == 0 ? kinds[seed % kinds.Length] : kinds[random.Next(kinds.Length)],
                    random.Next(steps),
                    TimeSpan.FromMilliseconds(random.Next(60)),
                    random.Next(6),
                    TimeSpan.FromMilliseconds(random.Next(50, 1000))))
                .OrderBy(fault => fault.Step),
        ];
    }

    public override string ToString() => $"{Kind} {Victim} at step {Step} + {Delay.TotalMilliseconds} ms{(Kind >= FaultKind.StoreAway ? $" for {Duration.TotalMilliseconds} ms" : "")}";
}
