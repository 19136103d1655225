using System.ComponentModel.DataAnnotations;
using Afa.Attacks;
using Afa.Tests.Golden;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

public class FeatureAttackTests
{
    [Theory]
    [InlineData(AttackNorm.Linf, 0.15)]
    [InlineData(AttackNorm.L2, 2)]
    public void Run_TrainedSmallCnn_BreaksImages(AttackNorm norm, double epsilon)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        var input = AttackSubject.Golden(model, norm, epsilon);
        input = input with { Reference = new LabeledImages(input.Images, input.Labels) };
        Assert.InRange(AttackSubject.Broken(input, new FeatureAttack(new()).Run(input)), 1, input.SampleIds.Count);
    }

    [Fact]
    public void Run_AnyImages_StaysInTheBall() =>
        AttackSubject.StaysInTheBall(new FeatureAttack(new() { Steps = 4 }), AttackNorm.Linf, AttackNorm.L2);

    [Fact]
    public void Run_OtherBatchOrOrder_GivesTheSameBits() => AttackSubject.DoesNotDependOnTheBatch(new FeatureAttack(new() { Steps = 3 }), AttackNorm.Linf, 0.3);

    [Fact]
    public void Run_Finished_LeavesNoTensorBehind() => AttackSubject.LeavesNothingBehind(new FeatureAttack(new() { Steps = 2 }), AttackNorm.Linf);

    [Fact]
    public void Run_WithoutReference_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var model = LinearClassifier.Random(2, 36, 1);
        var exception = Assert.Throws<ArgumentException>(() => new FeatureAttack(new()).Run(AttackSubject.Random(model, 1, AttackNorm.Linf, 0.1, 1)));
        Assert.Contains("Reference", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0.25, 0.1)]
    [InlineData(20, 3, 0.1)]
    [InlineData(20, 0.25, 0)]
    [InlineData(20, 0.25, double.NaN)]
    public void FeatureAttack_OptionOutOfRange_IsRefused(int steps, double relativeStepSize, double temperature) =>
        Assert.Throws<ValidationException>(() => new FeatureAttack(new() { Steps = steps, RelativeStepSize = relativeStepSize, Temperature = temperature }));
}
