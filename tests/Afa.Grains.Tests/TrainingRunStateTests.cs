using System.Text.Json;
using Afa.Grains;
using Afa.Training;

namespace Afa.Tests.Grains;

public sealed class TrainingRunStateTests
{
    [Fact]
    public void State_OfAnEarlierVersion_IsRead()
    {
        var state = JsonSerializer.Deserialize<TrainingRunState>("""{ "attempt": 3, "buckets": 11, "checkpointStep": 40 }""", AfaJson.Options)!;

        Assert.Equal((3, 40L), (state.Attempt, state.CheckpointStep));
    }
}
