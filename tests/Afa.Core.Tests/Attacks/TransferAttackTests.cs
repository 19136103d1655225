using Afa.Attacks;
using Afa.Tests.Golden;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

public class TransferAttackTests
{
    private static readonly TransferAttack Attack = new(new PgdAttack(new() { Steps = 4 }));

    [Fact]
    public void Run_SourceLikeTheModel_KeepsWhatFoolsTheModelToo()
    {
        // The same boundary, moved a little: what is far enough beyond the one is beyond the other.
        using var scope = NewDisposeScope();
        using var model = new LinearClassifier(tensor(new double[,] { { 1, 1 }, { 0, 0 } }), tensor(new double[] { 0, 1 }));      // Class 0 where x + y > 1.
        using var source = new LinearClassifier(tensor(new double[,] { { 1, 1 }, { 0, 0 } }), tensor(new[] { 0, 1.1 }));          // Class 0 where x + y > 1.1.
        var images = tensor(new[,] { { 0.57, 0.57 }, { 0.62, 0.62 }, { 0.9, 0.9 } }).reshape(3, 1, 1, 2);
        var input = new AttackInput
        {
            Model = model,
            Source = source,
            Images = images,
            Labels = zeros(3, ScalarType.Int64),
            SampleIds = [0, 1, 2],
            Norm = AttackNorm.Linf,
            Epsilon = 0.1,
            Seed = 0,
        };

        var outcome = new TransferAttack(new PgdAttack(new() { Steps = 1, RelativeStepSize = 1, StartsAtRandom = false })).Run(input);

        // (0.47, 0.47) fools both, (0.52, 0.52) the source alone, (0.8, 0.8) neither.
        TensorAssert.Close(tensor(new[,] { { 0.47, 0.47 }, { 0.62, 0.62 }, { 0.9, 0.9 } }).reshape(3, 1, 1, 2), outcome.Adversarial, 1e-12);
    }

    [Fact]
    public void Run_SourceIsTheModel_IsTheInnerAttack()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        var input = AttackSubject.Golden(model, AttackNorm.Linf, 0.15) with { Source = model };

        var inner = new PgdAttack(new() { Steps = 4 }).Run(input);

        Assert.True(AttackSubject.Broken(input, inner) > 0);
        TensorAssert.SameBits(inner.Adversarial, Attack.Run(input).Adversarial);
    }

    [Fact]
    public void Run_AnyImages_StaysInTheBall() => AttackSubject.StaysInTheBall(Attack, AttackNorm.Linf, AttackNorm.L2);

    [Fact]
    public void Run_OtherBatchOrOrder_GivesTheSameBits() => AttackSubject.DoesNotDependOnTheBatch(Attack, AttackNorm.Linf, 0.1);

    [Fact]
    public void Run_Finished_LeavesNoTensorBehind() => AttackSubject.LeavesNothingBehind(Attack, AttackNorm.Linf);

    [Fact]
    public void Run_WithoutSource_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var model = LinearClassifier.Random(2, 36, 1);
        var exception = Assert.Throws<ArgumentException>(() => Attack.Run(AttackSubject.Random(model, 1, AttackNorm.Linf, 0.1, 1)));
        Assert.Contains("Source", exception.Message, StringComparison.Ordinal);
    }
}
