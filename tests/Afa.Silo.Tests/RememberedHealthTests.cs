using Afa.Silo;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace Afa.Tests.Silo;

public sealed class RememberedHealthTests
{
    [Fact]
    public async Task Check_AskedByManyWithinASecond_IsDoneOnce()
    {
        var (check, time) = (new SlowCheck(), new SetTime());
        var remembered = new RememberedHealth(check, time);
        using var impatient = new CancellationTokenSource();
        var first = remembered.CheckHealthAsync(new HealthCheckContext(), impatient.Token);
        var second = remembered.CheckHealthAsync(new HealthCheckContext());
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        time.Seconds = 5;   // It still goes on.
        var third = remembered.CheckHealthAsync(new HealthCheckContext());
        check.Answer.SetResult(HealthCheckResult.Degraded("as said"));

        Assert.Equal(["as said", "as said"], (await Task.WhenAll(second, third)).Select(answer => answer.Description!));
        Assert.Equal(1, check.Asked);
        await remembered.CheckHealthAsync(new HealthCheckContext());
        Assert.Equal(2, check.Asked);   // More than a second after the first was begun.
        time.Seconds = 5.9;
        await remembered.CheckHealthAsync(new HealthCheckContext());
        Assert.Equal(2, check.Asked);
    }

    private sealed class SlowCheck : IHealthCheck
    {
        public TaskCompletionSource<HealthCheckResult> Answer { get; } = new();

        public int Asked { get; private set; }

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            Asked++;
            return Answer.Task;
        }
    }

    private sealed class SetTime : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)(Seconds * 1000);
    }
}
