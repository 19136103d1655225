using System.Diagnostics;
using Afa.Compute;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Compute;

public class DeviceWorkerTests
{
    [Fact]
    public async Task RunAsync_ManyPieces_RunInOrderOnOneThreadOfTheWorker()
    {
        using var worker = new DeviceWorker("slot", CPU, threads: 1);
        var order = new List<int>();

        var threads = await Task.WhenAll(Enumerable.Range(0, 50).Select(piece => worker.RunAsync(() =>
        {
            order.Add(piece);
            return (Environment.CurrentManagedThreadId, Thread.CurrentThread.Name, get_num_threads());
        })));

        Assert.Equal(Enumerable.Range(0, 50), order);
        Assert.Equal((threads[0].CurrentManagedThreadId, "slot", 1), Assert.Single(threads.Distinct()));
        Assert.NotEqual(Environment.CurrentManagedThreadId, threads[0].CurrentManagedThreadId);
        Assert.Equal(CPU, worker.Device);
    }

    [Fact]
    public async Task RunAsync_WorkThatFails_PassesTheExceptionAndGoesOn()
    {
        using var worker = new DeviceWorker("slot", CPU, threads: 1);

        var exception = await Assert.ThrowsAsync<InvalidDataException>(() => worker.RunAsync(() => throw new InvalidDataException("broken")));

        Assert.Equal("broken", exception.Message);
        Assert.Equal(3, await worker.RunAsync(() => 3));
    }

    [Fact]
    public async Task RunAsync_CallerInASpan_TheWorkIsInItAndTheNextIsNot()
    {
        using var worker = new DeviceWorker("slot", CPU, threads: 1);
        using (var span = new Activity("step").Start())
        {
            Assert.Same(span, await worker.RunAsync(() => Activity.Current));
        }

        Assert.Null(await worker.RunAsync(() => Activity.Current));
    }

    [Fact]
    public async Task Dispose_WorkInTheQueue_LetsItFinish()
    {
        var worker = new DeviceWorker("slot", CPU, threads: 1);
        using var gate = new ManualResetEventSlim();
        var first = worker.RunAsync(gate.Wait);
        var second = worker.RunAsync(() => 2);
        Assert.True(worker.QueueLength >= 1);

        gate.Set();
        worker.Dispose();

        await first;
        Assert.Equal(2, await second);
        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => worker.RunAsync(() => 1));
    }
}
