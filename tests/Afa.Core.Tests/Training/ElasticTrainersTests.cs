using Afa.Training;
using Xunit;

namespace Afa.Tests.Training;

public class ElasticTrainersTests
{
    [Theory]
    [InlineData(6, 6, 6, 6)]
    [InlineData(6, 6, 100, 6)]   // Never more than the options say.
    [InlineData(6, 6, 5, 3)]     // Five and four do not divide six.
    [InlineData(6, 6, 4, 3)]
    [InlineData(6, 6, 2, 2)]
    [InlineData(6, 3, 6, 3)]
    [InlineData(12, 6, 5, 4)]    // A divisor of the shards, not of the most.
    [InlineData(7, 7, 6, 1)]
    [InlineData(2, 1, 9, 1)]
    [InlineData(4, 4, 0, 1)]     // A run that is at work has a place.
    [InlineData(4096, 4096, 1000, 512)]
    public void Choose_OfShardsMostAndSlots_IsWorkedByHand(int shards, int most, int slots, int expected) => Assert.Equal(expected, ElasticTrainers.Choose(shards, most, slots));

    [Fact]
    public void Choose_MoreSlots_NeverGivesFewerTrainers()
    {
        for (var shards = 1; shards <= 48; shards++)
        {
            var counts = Enumerable.Range(0, 60).Select(slots => ElasticTrainers.Choose(shards, shards, slots)).ToList();

            Assert.Equal(counts.Order(), counts);
            Assert.All(counts, trainers => Assert.Equal(0, shards % trainers));
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Choose_WithoutShardsOrTrainers_IsRefused(int shards, int most) => Assert.Throws<ArgumentOutOfRangeException>(() => ElasticTrainers.Choose(shards, most, 1));
}
