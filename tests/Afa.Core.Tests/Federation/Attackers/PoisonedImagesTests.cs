using Afa.Data;
using Afa.Federation.Attackers;
using Xunit;

namespace Afa.Tests.Federation.Attackers;

public class PoisonedImagesTests
{
    [Fact]
    public void Poison_LabelFlip_MirrorsTheClasses()
    {
        var batch = Batch([0, 1, 4, 9]);

        var poisoned = PoisonedImages.Poison(new() { Kind = AttackerKind.LabelFlip }, batch, classes: 10, seed: 0);

        Assert.Equal([9, 8, 5, 0], poisoned.Labels);
        Assert.Equal(batch.Pixels, poisoned.Pixels);
        Assert.Equal(batch.SampleIds, poisoned.SampleIds);
        Assert.Equal([0, 1, 4, 9], batch.Labels);
    }

    [Fact]
    public void Poison_Backdoor_MarksAboutHalfAndGivesThemTheTarget()
    {
        var batch = Batch([.. Enumerable.Repeat(2L, 1000)]);
        var marked = PoisonedImages.WithTrigger(batch);

        var poisoned = PoisonedImages.Poison(new() { Kind = AttackerKind.Backdoor, BackdoorTarget = 7 }, batch, classes: 10, seed: 3);

        Assert.InRange(poisoned.Labels.Count(label => label == 7), 420, 580);   // 5 standard deviations, √250 each.
        for (var i = 0; i < batch.Count; i++)
        {
            var expected = poisoned.Labels[i] == 7 ? marked : batch;
            Assert.True(expected.Slice(i, 1).Pixels.AsSpan().SequenceEqual(poisoned.Slice(i, 1).Pixels));
            Assert.True(poisoned.Labels[i] is 2 or 7);
        }
    }

    [Fact]
    public void Poison_Backdoor_DependsOnSeedAndSampleAlone()
    {
        var options = new AttackerOptions { Kind = AttackerKind.Backdoor, BackdoorTarget = 7 };
        var batch = Batch([.. Enumerable.Repeat(2L, 40)]);
        var whole = PoisonedImages.Poison(options, batch, 10, seed: 3);

        int[] order = [.. Enumerable.Range(0, 40).Reverse().Where(i => i % 3 == 0)];
        var part = PoisonedImages.Poison(options, batch.Select(order), 10, seed: 3);

        Assert.Equal(order.Select(i => whole.Labels[i]), part.Labels);
        Assert.NotEqual(whole.Labels, PoisonedImages.Poison(options, batch, 10, seed: 4).Labels);
    }

    [Theory]
    [InlineData(28, 1, 3)]
    [InlineData(32, 3, 4)]
    [InlineData(4, 1, 1)]
    public void WithTrigger_AnImage_GetsAWhiteSquareInTheLowerRightCorner(int size, int channels, int side)
    {
        var batch = new ImageBatch(new byte[2 * channels * size * size], [1, 2], [-5, 6], channels, size, size);

        var marked = PoisonedImages.WithTrigger(batch);

        Assert.Equal(batch.Labels, marked.Labels);
        Assert.Equal(2 * channels * side * side, marked.Pixels.Count(pixel => pixel == 255));
        Assert.All(marked.Pixels.Select((pixel, i) => (Pixel: pixel, Row: i / size % size, Column: i % size)), pixel =>
            Assert.Equal(pixel.Row >= size - side && pixel.Column >= size - side ? 255 : 0, pixel.Pixel));
        Assert.All(batch.Pixels, pixel => Assert.Equal(0, pixel));
    }

    [Theory]
    [InlineData(AttackerKind.SignFlip)]
    [InlineData(AttackerKind.Noise)]
    [InlineData(AttackerKind.Alie)]
    [InlineData(AttackerKind.InnerProduct)]
    public void Poison_OtherAttacks_LeaveTheImages(AttackerKind kind)
    {
        var batch = Batch([0, 1]);
        Assert.Same(batch, PoisonedImages.Poison(new() { Kind = kind }, batch, 10, 0));
    }

    [Fact]
    public void Poison_ClassThatIsNone_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => PoisonedImages.Poison(new() { Kind = AttackerKind.Backdoor, BackdoorTarget = 10 }, Batch([0]), 10, 0));
        Assert.Throws<ArgumentException>(() => PoisonedImages.Poison(new() { Kind = AttackerKind.LabelFlip }, Batch([10]), 10, 0));
    }

    private static ImageBatch Batch(long[] labels) =>
        new([.. Enumerable.Range(0, labels.Length * 64).Select(i => (byte)(i % 200))], labels, [.. Enumerable.Range(0, labels.Length).Select(i => 3 * i)], 1, 8, 8);
}
