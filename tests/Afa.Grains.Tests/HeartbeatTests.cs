using System.Text;
using System.Text.Json;
using Afa.Grains;
using Afa.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Afa.Tests.Grains;

public sealed class HeartbeatTests
{
    private const string Blob = "evaluations/e/heartbeat.json";

    [Fact]
    public async Task IsElsewhere_WhileThisProcessBeats_IsNotSaid()
    {
        var store = TestCluster.NewStore();
        var heartbeat = new Heartbeat(store, Blob, TimeProvider.System);
        await using (await heartbeat.TakeAsync())
        {
            Assert.NotNull(await store.ReadAsync(Blob, 4096));
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

    [Fact]
    public async Task Take_WhileAnotherProcessBeats_IsRefusedAndLeavesItsBeat()
    {
        var store = TestCluster.NewStore();
        await store.WriteAsync(Blob, Beat("another-machine", DateTimeOffset.UtcNow));

        Assert.Null(await new Heartbeat(store, Blob, TimeProvider.System).TakeAsync());
        Assert.Contains("another-machine", Encoding.UTF8.GetString((await store.ReadAsync(Blob, 4096))!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Take_AnotherWriterBetweenReadAndWrite_IsRefused()
    {
        var store = TestCluster.NewStore();
        var contested = new WatchedStore(store, _ => store.WriteAsync(Blob, Beat("another-machine", DateTimeOffset.UtcNow)));

        Assert.Null(await new Heartbeat(contested, Blob, TimeProvider.System).TakeAsync());
    }

    [Fact]
    public async Task Lease_TakenByAnother_IsLostAtTheNextRenewalAndNotDeleted()
    {
        var (store, time) = (TestCluster.NewStore(), new FakeTimeProvider(DateTimeOffset.UtcNow));
        var lease = (await new Heartbeat(store, Blob, time).TakeAsync())!;
        await using var other = new Heartbeat(store, Blob, TimeProvider.System).TakeOver();
        await WaitAsync(async () => await OwnerAsync(store) is var owner && owner != lease.Id);

        time.Advance(TimeSpan.FromSeconds(5));
        await WaitAsync(() => Task.FromResult(lease.Lost.IsCancellationRequested));
        await lease.DisposeAsync();

        Assert.False(other.Lost.IsCancellationRequested);
        Assert.Equal(other.Id, await OwnerAsync(store));
    }

    [Fact]
    public async Task Lease_WhoseBeatWasDeleted_IsTakenAgain()
    {
        var (store, time) = (TestCluster.NewStore(), new FakeTimeProvider(DateTimeOffset.UtcNow));
        await using var lease = (await new Heartbeat(store, Blob, time).TakeAsync())!;
        await store.DeleteAsync(Blob);

        time.Advance(TimeSpan.FromSeconds(5));

        await WaitAsync(async () => await OwnerAsync(store) == lease.Id);
        Assert.False(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Lease_StoreThatDoesNotAnswerOneBeat_IsRenewedByTheNext()
    {
        var (store, time) = (TestCluster.NewStore(), new FakeTimeProvider(DateTimeOffset.UtcNow));
        var writes = 0;
        var stuck = new WatchedStore(store, _ => Interlocked.Increment(ref writes) == 2 ? new TaskCompletionSource().Task : Task.CompletedTask);
        await using var lease = (await new Heartbeat(stuck, Blob, time).TakeAsync())!;

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Volatile.Read(ref writes) < 3)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, limit.Token);
        }

        await WaitAsync(async () => await OwnerAsync(store) == lease.Id);
        Assert.False(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Lease_BeatThatGotThroughThoughItFailed_IsNotTakenForAnothers()
    {
        var (store, time) = (TestCluster.NewStore(), new FakeTimeProvider(DateTimeOffset.UtcNow));
        await using var lease = (await new Heartbeat(store, Blob, time).TakeAsync())!;
        await store.WriteAsync(Blob, JsonSerializer.SerializeToUtf8Bytes(new { machine = Environment.MachineName, processId = Environment.ProcessId, at = DateTimeOffset.UnixEpoch, id = lease.Id }));

        time.Advance(TimeSpan.FromSeconds(5));

        await WaitAsync(async () => JsonDocument.Parse((await store.ReadAsync(Blob, 4096))!).RootElement.GetProperty("at").GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
        Assert.False(lease.Lost.IsCancellationRequested);
    }

    private static byte[] Beat(string machine, DateTimeOffset at) => JsonSerializer.SerializeToUtf8Bytes(new { machine, processId = 1, at });

    private static async Task<Guid?> OwnerAsync(DirectoryBlobStore store) =>
        await store.ReadAsync(Blob, 4096) is { } beat ? JsonDocument.Parse(beat).RootElement.GetProperty("id").GetGuid() : null;

    private static async Task WaitAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await isSo())
        {
            await Task.Delay(10, limit.Token);
        }
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
