using Afa.Attacks;
using Afa.Data;
using Afa.Losses;
using Afa.Training;
using Afa.Training.Methods;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Tests.Training.Methods;

public class TrainingMethodsTests
{
    private const double Epsilon = 0.1;

    [Fact]
    public void Get_EveryMethod_IsRegisteredWithALineForHelp() =>
        Assert.All(Enum.GetValues<TrainingMethod>(), method => Assert.NotEmpty(TrainingMethods.Get(method).Description));

    [Fact]
    public void Create_PhaseThatTheMethodDoesNotHave_IsRefused()
    {
        using var scope = NewDisposeScope();
        var replica = Replica(TrainingMethod.Mart);
        var exception = Assert.Throws<InvalidOperationException>(() => TrainingMethods.Create(TrainingMethod.Mart, TrainingPhase.Head, replica));
        Assert.Contains("Mart has no phase 'head'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FastAt_ItsImages_AreOneStepOfMoreThanEpsilonFromTheStart()
    {
        using var scope = NewDisposeScope();
        var replica = Replica(TrainingMethod.FastAt);
        var step = Step();
        Create(replica).ComputeLoss(step);

        var start = replica.Attack.UniformStart(step).requires_grad_();
        CrossEntropy(replica, step, start).backward();
        var expected = (start.detach() + 1.25 * Epsilon * start.grad!.sign()).maximum((step.Images - Epsilon).clamp(min: 0)).minimum((step.Images + Epsilon).clamp(max: 1));

        var images = step.AttackOnce<Tensor>(nameof(FastAt), () => throw new InvalidOperationException("There was no attack."));
        Golden.TensorAssert.Close(expected, images, 1e-6);
    }

    [Theory]
    [InlineData(AttackNorm.Linf)]
    [InlineData(AttackNorm.L2)]
    public void FreeAt_SecondReplay_StartsOneStepUpTheGradientOfTheFirst(AttackNorm norm)
    {
        using var scope = NewDisposeScope();
        var replica = Replica(TrainingMethod.FreeAt, options => options with { Attack = new() { Norm = norm, Epsilon = "0.1" } });
        var method = Create(replica);
        var step = Step();

        method.ComputeLoss(step).Loss.backward();
        var first = step.Replayed!;
        Golden.TensorAssert.Close(replica.Attack.UniformStart(step), first, 0);
        var gradient = first.grad!.clone();
        method.ComputeLoss(step).Loss.backward();
        var second = step.Replayed!;

        if (norm == AttackNorm.Linf)
        {
            var expected = (first.detach() + Epsilon * gradient.sign()).maximum((step.Images - Epsilon).clamp(min: 0)).minimum((step.Images + Epsilon).clamp(max: 1));
            Golden.TensorAssert.Close(expected, second, 1e-6);
        }
        else
        {
            Assert.True(linalg.vector_norm(second.detach() - step.Images, 2, [1, 2, 3]).max().item<float>() <= Epsilon * (1 + 1e-5));
            Assert.True(linalg.vector_norm(second.detach() - first.detach()).item<float>() > 0.01);
        }
    }

    [Fact]
    public void FreeAt_Replays_AreTheUpdatesOfAStep() =>
        Assert.Equal(7, Create(Replica(TrainingMethod.FreeAt, options => options with { FreeReplays = 7 })).UpdatesPerStep);

    [Fact]
    public void Supcon_TwoViewsOfEachImage_AreAnchorsTogether()
    {
        using var scope = NewDisposeScope();
        var replica = Replica(TrainingMethod.Supcon);
        var step = Step();

        var outcome = Create(replica).ComputeLoss(step);

        Assert.Equal(SupervisedContrastiveLoss.Compute(replica.Model.Features(step.Images), step.Labels, 0.1).item<float>(), outcome.Loss.item<float>());
        Assert.Null(outcome.CleanLogits);
    }

    [Theory]
    [InlineData(TradesStart.Gaussian, 0.01)]   // 10 deviations: never reached, while a uniform draw nearly always is somewhere beyond.
    [InlineData(TradesStart.Uniform, Epsilon)]
    public void Trades_Start_IsTheOneOfTheOptions(TradesStart start, double reach)
    {
        using var scope = NewDisposeScope();
        var replica = Replica(TrainingMethod.Trades, options => options with { TradesStart = start, Attack = new() { Epsilon = "0.1", Steps = 1, RelativeStepSize = 1e-9 } });
        var step = Step();
        Create(replica).ComputeLoss(step);

        var images = step.AttackOnce<Tensor>(nameof(Trades), () => throw new InvalidOperationException("There was no attack."));
        Assert.InRange((images - step.Images).abs().max().item<float>(), 0.2 * reach, reach + 1e-6);
    }

    [Theory]
    [InlineData(TrainingMethod.Trades)]
    [InlineData(TrainingMethod.AfaTrades)]
    public void Trades_WithBatchNorm_AttacksBeforeItsStatisticsMove(TrainingMethod method)
    {
        using var scope = NewDisposeScope();
        TrainingOptions WithBatchNorm(TrainingOptions options) => options with { Model = "resnet-18", ModelWidth = 0.0625 };
        var (replica, untouched) = (Replica(method, WithBatchNorm), Replica(method, WithBatchNorm));
        var step = Step();
        Create(replica).ComputeLoss(step);

        var expected = untouched.Attack.Divergence(step, InnerAttack.CloseStart(step), untouched.FrozenLogits(step.Images));

        Golden.TensorAssert.SameBits(expected, step.AttackOnce<Tensor>(nameof(Trades), () => throw new InvalidOperationException("There was no attack.")));
    }

    [Theory]
    [InlineData(TrainingMethod.Afa)]
    [InlineData(TrainingMethod.AfaTrades)]
    public void Afa_WithBatchNorm_AttacksBeforeItsStatisticsMove(TrainingMethod method)
    {
        using var scope = NewDisposeScope();
        TrainingOptions WithBatchNorm(TrainingOptions options) => options with { Model = "resnet-18", ModelWidth = 0.0625, AfaImages = AfaImages.Afa };
        var (replica, untouched) = (Replica(method, WithBatchNorm), Replica(method, WithBatchNorm));
        var step = Step();
        Create(replica).ComputeLoss(step);

        var contrast = untouched.FrozenFeatures(step.Images);
        using var objective = new AfaInnerObjective(contrast, step.Labels, step.Labels, untouched.Options.Afa.Temperature);
        var expected = untouched.Attack.Maximize(step, untouched.Attack.UniformStart(step), x => objective.Sum(untouched.Model.Features(x)));

        var (images, seen) = step.AttackOnce<(Tensor, Tensor)>(nameof(AfaFeatures), () => throw new InvalidOperationException("There was no attack."));
        Golden.TensorAssert.SameBits(contrast, seen);
        Golden.TensorAssert.SameBits(expected, images);
    }

    [Fact]
    public void Trades_DetachedTarget_ChangesTheGradientButNotTheLoss()
    {
        using var scope = NewDisposeScope();
        (float Loss, Tensor Gradient) Of(TradesTarget target)
        {
            var replica = Replica(TrainingMethod.Trades, options => options with { TradesTarget = target });
            var loss = Create(replica).ComputeLoss(Step()).Loss;
            loss.backward();
            return (loss.item<float>(), replica.Model.get_parameter("fc2.weight")!.grad!);
        }

        var (attached, detached) = (Of(TradesTarget.Attached), Of(TradesTarget.Detached));
        Assert.Equal(attached.Loss, detached.Loss);
        Assert.True((attached.Gradient - detached.Gradient).abs().max().item<float>() > 1e-4);
    }

    [Fact]
    public void AfaTrades_ItsOwnAttack_RaisesTheAfaTermAboveThatOnTheImagesOfTrades()
    {
        using var scope = NewDisposeScope();
        double Loss(AfaImages images, double weight)
        {
            var replica = Replica(TrainingMethod.AfaTrades, options => options with { AfaImages = images, AfaWeight = weight, Attack = new() { Epsilon = "0.1", Steps = 5 } });
            return Create(replica).ComputeLoss(Step()).Loss.item<float>();
        }

        // The images of TRADES' attack stay the same, and so does its part of the loss.
        Assert.Equal(Loss(AfaImages.Trades, weight: 0), Loss(AfaImages.Afa, weight: 0));
        Assert.True(Loss(AfaImages.Afa, weight: 1) > Loss(AfaImages.Trades, weight: 1) + 0.01);
    }

    [Fact]
    public void Mart_Loss_IsThatOfItsCleanAndAdversarialLogits()
    {
        using var scope = NewDisposeScope();
        var replica = Replica(TrainingMethod.Mart, options => options with { MartBeta = 3 });
        var step = Step();

        var outcome = Create(replica).ComputeLoss(step);

        Assert.Equal(MartLoss.Compute(outcome.CleanLogits!, outcome.AdversarialLogits!, step.Labels, 3, step.Count).item<float>(), outcome.Loss.item<float>());
        Assert.True(CrossEntropyOf(outcome.AdversarialLogits!, step) > CrossEntropyOf(outcome.CleanLogits!, step));
    }

    private static double CrossEntropyOf(Tensor logits, TrainingStep step) => functional.cross_entropy(logits, step.Labels).item<float>();

    private static Tensor CrossEntropy(Replica replica, TrainingStep step, Tensor images) => functional.cross_entropy(replica.Model.call(images), step.Labels);

    private static Replica Replica(TrainingMethod method, Func<TrainingOptions, TrainingOptions>? change = null)
    {
        var options = new TrainingOptions { Method = method, ModelWidth = 0.125, Seed = 3, Attack = new() { Epsilon = "0.1", Steps = 2 } };
        return new(change?.Invoke(options) ?? options, new SingleTrainer(), CPU);
    }

    private static ITrainingMethod Create(Replica replica) => TrainingMethods.Create(replica.Options.Method, TrainingMethods.FirstPhase(replica.Options.Method), replica);

    private static TrainingStep Step()
    {
        var random = new Random(1);
        var pixels = new byte[16 * 28 * 28];
        random.NextBytes(pixels);
        return new(new ImageBatch(pixels, [.. Enumerable.Range(0, 16).Select(i => i / 2 % 4L)], [.. Enumerable.Range(0, 16)], 1, 28, 28), noiseSeed: 9, CPU);
    }
}
