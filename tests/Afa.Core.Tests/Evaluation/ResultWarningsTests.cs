using Afa.Evaluation;
using Xunit;

namespace Afa.Tests.Evaluation;

public sealed class ResultWarningsTests
{
    private static readonly string[] s_classes = ["shirt", "coat"];

    [Fact]
    public void Of_UnremarkableUnits_IsEmpty() => Assert.Empty(ResultWarnings.Of([SampleUnits.First, SampleUnits.Second], Attacks(before: 501, after: 500), s_classes));

    [Fact]
    public void Of_ZeroGradientsInSeveralUnits_SaysItOnceWithTheirSum()
    {
        var unit = SampleUnits.First with { Cascades = [SampleUnits.First.Cascades[0] with { ZeroGradients = 2 }, .. SampleUnits.First.Cascades.Skip(1)] };

        Assert.Contains("at 4 points", Assert.Single(ResultWarnings.Of([unit, unit], Attacks(before: 500, after: 500), s_classes)), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_SquareThatBreaksMuch_SaysSo() =>
        Assert.Contains("3.0 points", Assert.Single(ResultWarnings.Of([SampleUnits.First], Attacks(before: 530, after: 500), s_classes)), StringComparison.Ordinal);

    [Fact]
    public void Of_WhatAUnitNoticed_IsPassedOnOnce() =>
        Assert.Equal(["odd"], ResultWarnings.Of([SampleUnits.First with { Warnings = ["odd"] }, SampleUnits.Second with { Warnings = ["odd"] }], Attacks(before: 500, after: 500), s_classes));

    [Fact]
    public void Of_ImagesOfSomeClassesOnly_NamesThoseThatAreMissing()
    {
        var warning = Assert.Single(ResultWarnings.Of([SampleUnits.First, SampleUnits.Second], Attacks(before: 500, after: 500), ["shirt", "coat", "bag", "boot"]));

        Assert.Contains("2 of the 4 classes", warning, StringComparison.Ordinal);
        Assert.Contains("(bag, boot)", warning, StringComparison.Ordinal);
    }

    private static AttackResult[] Attacks(int before, int after) =>
    [
        new("autoattack", after, 1000, 0, 1, 1, []) { Stages = [new StageResult("apgd-ce", before, 1), new StageResult("square", after, 1)] },
    ];
}
