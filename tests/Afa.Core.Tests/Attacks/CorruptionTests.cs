using Afa.Attacks;
using Afa.Tests.Golden;
using CsCheck;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

public class CorruptionTests
{
    private static readonly CorruptionKind[] Random =
    [
        CorruptionKind.GaussianNoise, CorruptionKind.ShotNoise, CorruptionKind.ImpulseNoise, CorruptionKind.SpeckleNoise, CorruptionKind.MotionBlur, CorruptionKind.Fog, CorruptionKind.ElasticTransform,
    ];

    public static TheoryData<CorruptionKind> Kinds => [.. Enum.GetValues<CorruptionKind>()];

    /// <summary>Those whose published parameters grow; saturation first falls, and the elastic map shifts less but bends more.</summary>
    public static TheoryData<CorruptionKind> Growing => [.. Enum.GetValues<CorruptionKind>().Except([CorruptionKind.Saturate, CorruptionKind.ElasticTransform])];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Corrupt_AnyImages_StaysInThePixelRangeAndDependsOnTheSampleAlone(CorruptionKind kind)
    {
        var cases = Gen.Select(Gen.Int[1, 5], Gen.Bool, Gen.Long[8, 40], Gen.Long[8, 40], Gen.Bool, Gen.ULong);
        cases.Sample((severity, isColor, height, width, isFloat64, seed) =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(seed);
            var type = isFloat64 ? ScalarType.Float64 : ScalarType.Float32;
            var images = (rand([3, isColor ? 3 : 1, height, width], type, generator: generator) * 1.4 - 0.2).clamp(0, 1);
            images.select(0, 1).zero_();
            var before = images.clone();
            var corruption = new Corruption(kind, severity);

            var corrupted = corruption.Corrupt(images, [4, 9, 2], seed);

            Assert.Equal(type, corrupted.dtype);
            Assert.InRange(corrupted.min().to(ScalarType.Float64).item<double>(), 0, 1);
            Assert.InRange(corrupted.max().to(ScalarType.Float64).item<double>(), 0, 1);
            TensorAssert.SameBits(before, images);
            TensorAssert.SameBits(corrupted[1..], corruption.Corrupt(images[1..], [9, 2], seed));
        }, iter: 5, threads: 1);
    }

    [Theory]
    [MemberData(nameof(Growing))]
    public void Corrupt_HigherSeverity_ChangesMore(CorruptionKind kind)
    {
        using var scope = NewDisposeScope();
        var images = GoldenFile.TradesStep.Get("x");
        var ids = Enumerable.Range(0, (int)images.shape[0]).ToArray();

        var changes = Enumerable.Range(1, 5).Select(severity => (new Corruption(kind, severity).Corrupt(images, ids, seed: 7) - images).square().mean().item<float>()).ToList();

        Assert.True(changes[0] > 0);
        // Motion blur of severities 3 and 4 differs in the tail of the kernel only.
        Assert.All(changes.Zip(changes.Skip(1)), pair => Assert.True(pair.Second > pair.First * 0.999, $"{pair.First} is followed by {pair.Second}."));
        Assert.True(changes[4] > 2 * changes[0]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Corrupt_OtherSampleOrSeed_DrawsAnewWhereItIsRandom(CorruptionKind kind)
    {
        using var scope = NewDisposeScope();
        var image = GoldenFile.TradesStep.Get("x")[..1];
        var corruption = new Corruption(kind, 5);

        var corrupted = corruption.Corrupt(image, [1], seed: 7);

        Assert.Equal(Random.Contains(kind), TensorAssert.LargestDifference(corrupted, corruption.Corrupt(image, [2], seed: 7)) > 0);
        Assert.Equal(Random.Contains(kind), TensorAssert.LargestDifference(corrupted, corruption.Corrupt(image, [1], seed: 8)) > 0);
    }

    [Theory]
    [InlineData(CorruptionKind.GaussianNoise, 0.1 * 0.1)]
    [InlineData(CorruptionKind.ShotNoise, 0.5 / 50)]                 // The variance of a Poisson count is its mean.
    [InlineData(CorruptionKind.SpeckleNoise, 0.5 * 0.5 * 0.2 * 0.2)]
    [InlineData(CorruptionKind.ImpulseNoise, 0.07 * 0.5 * 0.5)]
    public void Corrupt_NoiseOnGray_HasThePublishedVariance(CorruptionKind kind, double variance)
    {
        using var scope = NewDisposeScope();
        var change = new Corruption(kind, 5).Corrupt(full([4, 3, 100, 100], 0.5, dtype: ScalarType.Float64), [1, 2, 3, 4], seed: 7) - 0.5;

        // 120,000 draws: the standard error of the mean is at most 4e-4; of the variance 0.4 %, or 1.1 % for rare impulses.
        Assert.Equal(0, change.mean().item<double>(), 1.6e-3);
        Assert.InRange(change.square().mean().item<double>() / variance, 0.95, 1.05);
    }

    [Theory]
    [InlineData(CorruptionKind.GaussianBlur)]
    [InlineData(CorruptionKind.DefocusBlur)]
    [InlineData(CorruptionKind.MotionBlur)]
    [InlineData(CorruptionKind.Contrast)]
    [InlineData(CorruptionKind.Pixelate)]
    [InlineData(CorruptionKind.ElasticTransform)]
    [InlineData(CorruptionKind.Saturate)]
    public void Corrupt_ImageOfOneGray_HasNothingToChange(CorruptionKind kind)
    {
        using var scope = NewDisposeScope();
        var images = full([1, 1, 20, 28], 0.3, dtype: ScalarType.Float64);
        TensorAssert.Close(images, new Corruption(kind, 5).Corrupt(images, [1], seed: 7), 1e-7);
    }

    [Fact]
    public void Corrupt_MotionBlurOfAPoint_SmearsToTheRight()
    {
        using var scope = NewDisposeScope();
        var image = zeros([1, 1, 33, 33], ScalarType.Float64);
        image[0, 0, 16, 16] = 1;

        var blurred = new Corruption(CorruptionKind.MotionBlur, 5).Corrupt(image, [1], seed: 7)[0, 0];

        // The kernel reaches from a pixel to the right, so a point spreads to the left; what it loses stays in the image.
        Assert.Equal(1, blurred.sum().item<double>(), 1e-9);
        Assert.Equal(0, blurred[TensorIndex.Colon, 17..].sum().item<double>(), 1e-15);
        Assert.True(blurred[TensorIndex.Colon, ..15].sum().item<double>() > 0.3);
    }

    [Fact]
    public void Corrupt_Brightness_ShiftsTheLargestChannelAndKeepsTheHue()
    {
        using var scope = NewDisposeScope();
        var image = Colored(0.4, 0.2, 0.1);
        var expected = Colored(0.7, 0.35, 0.175);
        TensorAssert.Close(expected, new Corruption(CorruptionKind.Brightness, 5).Corrupt(image, [1], seed: 7), 1e-12);
    }

    [Fact]
    public void Corrupt_Saturate_WorkedByHand()
    {
        // HSV of (0.4, 0.2, 0.1): V 0.4, S 0.75. Severity 2 makes S 0.075, and green keeps its place 2/3 of the way down.
        using var scope = NewDisposeScope();
        var image = Colored(0.4, 0.2, 0.1);
        var expected = Colored(0.4, 0.4 - (0.4 * 0.075 * 2 / 3), 0.4 - (0.4 * 0.075));
        TensorAssert.Close(expected, new Corruption(CorruptionKind.Saturate, 2).Corrupt(image, [1], seed: 7), 1e-12);
    }

    [Fact]
    public void Run_Images_ReturnsAllOfThemCorruptedAndCountsTheBroken()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        var (finished, broken) = (0, 0);
        var input = AttackSubject.Golden(model, AttackNorm.Linf, 0.001) with { Finished = (samples, ofThemBroken) => (finished, broken) = (finished + samples, broken + ofThemBroken) };
        var corruption = new Corruption(CorruptionKind.Fog, 5);

        var outcome = corruption.Run(input);

        TensorAssert.SameBits(corruption.Corrupt(input.Images, input.SampleIds, input.Seed), outcome.Adversarial);
        Assert.True((outcome.Adversarial - input.Images).abs().amax([1, 2, 3]).min().item<float>() > 0.001);
        Assert.Equal((input.SampleIds.Count, (int)AttackSubject.Broken(input, outcome)), (finished, broken));
    }

    [Fact]
    public void Run_Finished_LeavesNoTensorBehind()
    {
        foreach (var kind in Enum.GetValues<CorruptionKind>())
        {
            AttackSubject.LeavesNothingBehind(new Corruption(kind, 3), AttackNorm.Linf);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void Corruption_SeverityOutOfRange_IsRefused(int severity) => Assert.Throws<ArgumentOutOfRangeException>(() => new Corruption(CorruptionKind.Fog, severity));

    [Fact]
    public void Corruption_UnknownKind_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new Corruption((CorruptionKind)99, 1));

    /// <summary>An image of one color.</summary>
    private static Tensor Colored(params double[] channels) => tensor(channels).reshape(1, 3, 1, 1).expand(1, 3, 8, 8).clone();
}
