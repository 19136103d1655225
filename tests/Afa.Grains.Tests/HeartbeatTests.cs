using System.Text;
using System.Text.Json;
using Afa.Grains;

namespace Afa.Tests.Grains;

public sealed class HeartbeatTests
{
    private const string Blob = "evaluations/e/heartbeat.json";

    [Fact]
    public async Task IsElsewhere_WhileThisProcessBeats_IsNotSaid()
    {
        var store = TestCluster.NewStore();
        var heartbeat = new Heartbeat(store, Blob, TimeProvider.System);
        await using (heartbeat.Begin())
        {
            Assert.False(await heartbeat.IsElsewhereAsync());
        }

        Assert.Null(await store.ReadAsync(Blob, 4096));   // The end is told, so that nobody waits for the last beat to age.
    }

    [Theory]
    [InlineData("another-machine", 1, 5, true)]
    [InlineData("another-machine", 1, 60, false)]
    [InlineData(null, 1, 5, true)]
    [InlineData(null, int.MaxValue, 5, false)]
    public async Task IsElsewhere_AfterABeat_DependsOnItsAgeAndOnWhetherTheProcessLives(string? machine, int processId, int seconds, bool expected)
    {
        var store = TestCluster.NewStore();
        var beat = new { machine = machine ?? Environment.MachineName, processId, at = DateTimeOffset.UnixEpoch };
        await store.WriteAsync(Blob, JsonSerializer.SerializeToUtf8Bytes(beat));

        Assert.Equal(expected, await new Heartbeat(store, Blob, new FixedTime(DateTimeOffset.UnixEpoch.AddSeconds(seconds))).IsElsewhereAsync());
    }

    [Fact]
    public async Task IsElsewhere_WithACutBeat_IsNotSaid()
    {
        var store = TestCluster.NewStore();
        await store.WriteAsync(Blob, Encoding.UTF8.GetBytes("{\"machine\": \"a"));

        Assert.False(await new Heartbeat(store, Blob, TimeProvider.System).IsElsewhereAsync());
        Assert.NotEqual(1, Environment.ProcessId);   // What the theory above takes for granted.
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
