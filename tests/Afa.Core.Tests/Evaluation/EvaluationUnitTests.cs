using Afa.Evaluation;
using CsCheck;
using Xunit;

namespace Afa.Tests.Evaluation;

public sealed class EvaluationUnitTests
{
    private static readonly Gen<(int Checkpoints, int Epsilons, int Images, int Slots)> s_jobs =
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 4], Gen.Int[1, 700], Gen.Int[1, 40]);

    [Fact]
    public void Plan_AnyJob_CoversEveryImageOfEveryPairOnce() => s_jobs.Sample(job =>
    {
        var images = Plan(job).SelectMany(unit => Enumerable.Range(unit.Start, unit.Count).Select(image => (unit.Checkpoint, unit.Epsilon, image))).ToList();
        var expected =
            from checkpoint in Enumerable.Range(0, job.Checkpoints)
            from epsilon in Enumerable.Range(0, job.Epsilons)
            from image in Enumerable.Range(0, job.Images)
            select (checkpoint, epsilon, image);
        return expected.SequenceEqual(images);   // Also in this order: pair after pair.
    }, iter: 100);

    [Fact]
    public void Plan_Twice_IsTheSame() => s_jobs.Sample(
        job => Plan(job).SequenceEqual(Plan(job)), iter: 100);

    [Fact]
    public void Plan_AnyJob_UnitsHoldAtMost256ImagesAndNoneIsEmpty() => s_jobs.Sample(
        job => Plan(job).All(unit => unit.Count is >= 1 and <= 256), iter: 100);

    [Fact]
    public void Plan_SeveralSlots_EndsWithSmallUnits()
    {
        var units = EvaluationUnit.Plan(checkpoints: 2, epsilons: 3, images: 1_000, slots: 4);

        Assert.Equal(250, units[0].Count);   // A share of 6000 / 4 is more than the largest unit: 1000 images in 4 equal parts.
        Assert.InRange(units[^1].Count, 16, 32);
    }

    [Fact]
    public void Plan_OneSlot_NeedsNoSmallUnits() =>
        Assert.Equal([250, 250, 250, 250], EvaluationUnit.Plan(checkpoints: 1, epsilons: 1, images: 1_000, slots: 1).Select(unit => unit.Count));

    [Fact]
    public void Plan_FewImages_IsOneUnitEach() =>
        Assert.Equal(
            [new EvaluationUnit(0, 0, 0, 5), new EvaluationUnit(0, 1, 0, 5), new EvaluationUnit(1, 0, 0, 5), new EvaluationUnit(1, 1, 0, 5)],
            EvaluationUnit.Plan(checkpoints: 2, epsilons: 2, images: 5, slots: 8));

    private static IReadOnlyList<EvaluationUnit> Plan((int Checkpoints, int Epsilons, int Images, int Slots) job) =>
        EvaluationUnit.Plan(job.Checkpoints, job.Epsilons, job.Images, job.Slots);
}
