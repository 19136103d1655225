using Afa.Attacks;
using Afa.Compute;
using Afa.Data;
using Afa.Models;
using Afa.Tests.Attacks;
using Afa.Tests.Golden;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Training;

public class RobustValidationTests
{
    /// <summary>For a linear model of two classes the nearest corner of the box around an image decides, so the count is known without an attack.</summary>
    [Theory]
    [InlineData(0.01)]
    [InlineData(0.03)]
    public void Count_LinearModel_IsThatOfTheWorstCorners(double epsilon)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var weights = randn([2, 36], generator: generator);
        using var model = new LinearClassifier(weights, tensor([0.2f, -0.1f]));
        var batch = Batch(64);
        var (images, labels) = (batch.ToTensor(CPU).reshape(64, 36), batch.LabelsTensor(CPU));
        var direction = (weights[0] - weights[1]) * (1 - 2 * labels).unsqueeze(1);   // Of the label's logit less the other's, [64, 36].
        var offset = 0.3 * (1 - 2 * labels);
        var corner = where(direction.gt(0), (images - epsilon).clamp(min: 0), (images + epsilon).clamp(max: 1));
        var expectedClean = ((direction * images).sum(1) + offset).gt(0).sum().item<long>();
        var expectedRobust = ((direction * corner).sum(1) + offset).gt(0).sum().item<long>();
        Assert.InRange(expectedRobust, 1, expectedClean - 1);

        var counts = RobustValidation.Count(model, batch, Options(epsilon), epoch: 0, CPU);

        Assert.Equal((64L, expectedClean, expectedRobust), (counts.Images, counts.CleanCorrect, counts.RobustCorrect));
    }

    [Fact]
    public void Count_InTwoBatches_IsTheSum()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        var batch = GoldenImages();
        var options = Options(0.1) with { Validation = new() { Images = 16, Steps = 3 } };

        var whole = RobustValidation.Count(model, batch, options, epoch: 4, CPU);
        var (first, second) = (RobustValidation.Count(model, batch.Slice(0, 5), options, 4, CPU), RobustValidation.Count(model, batch.Slice(5, 11), options, 4, CPU));

        Assert.Equal((whole.CleanCorrect, whole.RobustCorrect), (first.CleanCorrect + second.CleanCorrect, first.RobustCorrect + second.RobustCorrect));
    }

    [Fact]
    public void Count_OtherEpochs_DrawOtherStartsAndTheSameEpochTheSame()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        using var model = new LinearClassifier(randn([2, 36], generator: generator), tensor([0.2f, -0.1f]));

        // A step that moves nothing leaves the random starts, which are near the border for some of the images.
        var options = Options(0.1) with { Validation = new() { Images = 512, Steps = 1 } };
        options = options with { Attack = options.Attack with { RelativeStepSize = 1e-9 } };
        var batch = Batch(512);

        var counts = Enumerable.Range(0, 5).Select(epoch => RobustValidation.Count(model, batch, options, epoch, CPU)).ToList();

        Assert.True(counts.Select(count => count.RobustCorrect).Distinct().Count() > 1, string.Join(", ", counts));
        Assert.Single(counts.Select(count => count.CleanCorrect).Distinct());
        Assert.Equal(counts[4], RobustValidation.Count(model, batch, options, 4, CPU));
    }

    [Fact]
    public void Count_TrainedModel_LeavesItAsItWas()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        model.train();
        var before = model.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());

        var counts = RobustValidation.Count(model, GoldenImages(), Options(0.1), epoch: 0, CPU);

        Assert.InRange(counts.RobustCorrect, 1, counts.CleanCorrect);
        Assert.True(model.training);
        Assert.All(model.parameters(), parameter => Assert.True(parameter.requires_grad && parameter.grad is null));
        Assert.All(model.state_dict(), entry => TensorAssert.SameBits(before[entry.Key], entry.Value));
    }

    [Fact]
    public void Count_ModelThatTrainsInBfloat16_IsThatOfFloat32()
    {
        Assert.SkipUnless(Bfloat16Support.IsInProcessor, "This processor does not multiply bfloat16.");
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(new ModelOptions { WidthFactor = 0.125, Height = 8, Width = 8 }, seed: 1);
        var random = new Random(9);
        var pixels = new byte[512 * 64];
        random.NextBytes(pixels);
        using var images = new ImageBatch(pixels, new long[512], [.. Enumerable.Range(0, 512)], 1, 8, 8).ToTensor(CPU);
        var exact = model.call(images).argmax(1);
        var batch = new ImageBatch(pixels, exact.data<long>().ToArray(), [.. Enumerable.Range(0, 512)], 1, 8, 8);   // All right, in float32.
        model.Compute = ComputePrecision.Bfloat16;
        Assert.True(model.call(images).argmax(1).ne(exact).any().item<bool>());

        var counts = RobustValidation.Count(model, batch, Options(0.01), epoch: 0, CPU);

        Assert.Equal(512, counts.CleanCorrect);
        Assert.Equal(ComputePrecision.Bfloat16, model.Compute);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Count_AuxiliaryBatchNorms_TakeNoPart(bool isTraining)
    {
        using var scope = NewDisposeScope();
        var options = new ModelOptions { Name = "resnet-18", WidthFactor = 0.125, AuxiliaryNormalization = true };
        using var model = ModelRegistry.Create(options, seed: 2);
        using var main = ModelRegistry.Create(options with { AuxiliaryNormalization = false }, seed: 5);
        model.train(isTraining);
        using (no_grad())
        {
            foreach (var (name, value) in model.state_dict().Where(entry => ImageClassifier.IsAuxiliary(entry.Key) && entry.Value.is_floating_point()))
            {
                value.fill_(name.EndsWith("weight", StringComparison.Ordinal) ? -3 : 7);
            }
        }

        main.LoadWeights(model.state_dict().Where(entry => !ImageClassifier.IsAuxiliary(entry.Key)).ToDictionary());

        Assert.Equal(RobustValidation.Count(main, GoldenImages(), Options(0.01), epoch: 0, CPU), RobustValidation.Count(model, GoldenImages(), Options(0.01), epoch: 0, CPU));
    }

    [Fact]
    public void Count_NothingRight_IsZero()
    {
        using var scope = NewDisposeScope();
        using var model = new LinearClassifier(zeros(2, 36), tensor([0f, 1f]));
        var batch = Batch(8);
        var wrong = new ImageBatch(batch.Pixels, new long[8], batch.SampleIds, 1, 6, 6);

        Assert.Equal(new ValidationCounts(8, 0, 0), RobustValidation.Count(model, wrong, Options(0.1), epoch: 0, CPU));
    }

    private static TrainingOptions Options(double epsilon) => new()
    {
        Attack = new() { Norm = AttackNorm.Linf, Epsilon = epsilon.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        Validation = new() { Images = 64 },
    };

    private static ImageBatch Batch(int count)
    {
        var random = new Random(9);
        var pixels = new byte[count * 36];
        random.NextBytes(pixels);
        return new ImageBatch(pixels, [.. Enumerable.Range(0, count).Select(_ => random.NextInt64(2))], [.. Enumerable.Range(0, count)], 1, 6, 6);
    }

    /// <summary>16 test images of Fashion-MNIST.</summary>
    private static ImageBatch GoldenImages()
    {
        using var scope = NewDisposeScope();
        var pixels = (GoldenFile.TradesStep.Get("x") * 255).round().to(ScalarType.Byte).contiguous().bytes.ToArray();
        return new ImageBatch(pixels, GoldenFile.TradesStep.Get("labels").data<long>().ToArray(), [.. Enumerable.Range(0, 16)], 1, 28, 28);
    }
}
