using Afa.Federation.Aggregation;
using Xunit;

namespace Afa.Tests.Federation.Aggregation;

public class SortingNetworkTests
{
    [Fact]
    public void Sort_EveryColumnOfZerosAndOnes_IsSorted()
    {
        // A network that sorts these sorts everything: the 0-1 principle, Knuth 1998, section 5.3.4, theorem Z.
        for (var count = 1; count <= 12; count++)
        {
            var columns = 1 << count;
            var rows = new float[count * columns];
            for (var i = 0; i < rows.Length; i++)
            {
                rows[i] = (i % columns >> (i / columns)) & 1;
            }

            SortingNetwork.Sort(SortingNetwork.Comparators(count), rows, columns);

            for (var column = 0; column < columns; column++)
            {
                var ones = int.PopCount(column);
                Assert.All(Enumerable.Range(0, count), row => Assert.Equal(row >= count - ones ? 1 : 0, rows[(row * columns) + column]));
            }
        }
    }

    [Theory]
    [InlineData(33)]
    [InlineData(100)]
    public void Sort_RandomColumns_IsSorted(int count)
    {
        const int columns = 7;
        var random = new Random(count);
        float[] values = [.. Enumerable.Range(0, count * columns).Select(i => i % 11 == 0 ? float.PositiveInfinity : random.Next(50) - 25f)];
        float[] rows = [.. values];

        SortingNetwork.Sort(SortingNetwork.Comparators(count), rows, columns);

        Assert.All(Enumerable.Range(0, columns), column => Assert.Equal(values.Where((_, i) => i % columns == column).Order(), rows.Where((_, i) => i % columns == column)));
    }
}
