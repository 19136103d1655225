using Afa.Data;
using CsCheck;
using Xunit;

namespace Afa.Tests.Data;

public class ClassBalancedSubsetTests
{
    [Fact]
    public void Draw_AnyLabels_IsBalancedAndNested() => Gen.Byte[0, 5].Array[1, 150]
        .SelectMany(labels => Gen.Select(Gen.Const(labels), Gen.Int[1, labels.Length], Gen.ULong))
        .Sample(
            (labels, count, seed) =>
            {
                var subset = ClassBalancedSubset.Draw(labels, count, seed);

                Assert.Equal(count, subset.Length);
                Assert.Equal(subset.Distinct().Order(), subset);

                var drawn = labels.Distinct().Select(label => (
                    Taken: subset.Count(i => labels[i] == label),
                    Available: labels.Count(other => other == label))).ToList();
                var most = drawn.Max(each => each.Taken);
                Assert.All(drawn, each => Assert.True(each.Taken >= most - 1 || each.Taken == each.Available));

                Assert.Subset(subset.ToHashSet(), ClassBalancedSubset.Draw(labels, (count + 1) / 2, seed).ToHashSet());
            },
            iter: 300);

    [Fact]
    public void Draw_EqualsReference()
    {
        // From an independent implementation (Python).
        byte[] labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2];

        Assert.Equal([0, 4, 8, 10, 11], ClassBalancedSubset.Draw(labels, 5, 42));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Draw_CountOutOfRange_Throws(int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(count), () => ClassBalancedSubset.Draw(new byte[3], count, 1));
}
