using Afa.Attacks;
using Afa.Evaluation;
using Afa.Telemetry;
using Xunit;

namespace Afa.Tests.Silo.Telemetry;

public sealed class EvaluationTelemetryTests : IDisposable
{
    private readonly Measurements _measured = new();

    public void Dispose() => _measured.Dispose();

    [Fact]
    public void UnitAttacked_CountsWhatEachAttackGotAndBroke()
    {
        // Five images, the fourth wrong before any attack. The first stage gets the other four and breaks one; the second gets three and breaks two.
        var outcome = new UnitOutcome
        {
            Unit = new EvaluationUnit(0, 0, 0, 5),
            SampleIds = [0, 1, 2, 3, 4],
            Labels = [1, 1, 1, 1, 1],
            Predictions = [1, 1, 1, 2, 1],
            CleanSeconds = 0,
            Cascades = [new CascadeOutcome { Attack = "apgd-ce+square", BrokenBy = [0, 1, null, null, 1], Norms = [0, 0, 0, 0, 0], StageSeconds = [0, 0] }],
        };

        new EvaluationTelemetry(_measured.Factory).UnitAttacked(outcome, AttackCascade.Parse(["apgd-ce+square"], AttackNorm.Linf));

        Assert.Equal((4, 1), (_measured["afa.attack.samples{attack=apgd-ce}"], _measured["afa.attack.broken{attack=apgd-ce}"]));
        Assert.Equal((3, 2), (_measured["afa.attack.samples{attack=square}"], _measured["afa.attack.broken{attack=square}"]));
    }

    [Fact]
    public void UnitAttacked_TransferAttack_DoesNotNameTheCheckpoint()
    {
        var outcome = new UnitOutcome
        {
            Unit = new EvaluationUnit(0, 0, 0, 1),
            SampleIds = [0],
            Labels = [1],
            Predictions = [1],
            CleanSeconds = 0,
            Cascades = [new CascadeOutcome { Attack = "transfer", BrokenBy = [0], Norms = [0], StageSeconds = [0] }],
        };

        new EvaluationTelemetry(_measured.Factory).UnitAttacked(outcome, AttackCascade.Parse(["transfer:runs/other/checkpoints/step-00000001"], AttackNorm.Linf));

        Assert.Equal(["afa.attack.broken{attack=transfer}", "afa.attack.samples{attack=transfer}"], _measured.Names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Units_GoFromWaitingOverLeasedToDone()
    {
        var telemetry = new EvaluationTelemetry(_measured.Factory);
        telemetry.UnitsWait(3);
        using (telemetry.UnitLeased())
        {
            Assert.Equal((2, 1, 0), States());
        }

        telemetry.UnitStored();
        telemetry.UnitsWait(-2);   // Given up.
        Assert.Equal((0, 0, 1), States());
    }

    private (double, double, double) States()
    {
        _measured.Observe();
        return (_measured["afa.evaluation.units{state=waiting}"], _measured["afa.evaluation.units{state=leased}"], _measured["afa.evaluation.units{state=done}"]);
    }
}
