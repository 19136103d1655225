namespace Afa.Tests.Grains;

/// <summary>Holds a method of some grains until it is opened.</summary>
internal sealed class CallGate(string method, params string[] keys) : IIncomingGrainCallFilter
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _held;

    /// <summary>Ends when all of them have been called.</summary>
    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromMinutes(2));

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (!_open.Task.IsCompleted && context.MethodName == method && keys.Contains(context.TargetId.Key.ToString()))
        {
            if (Interlocked.Increment(ref _held) == keys.Length)
            {
                _reached.TrySetResult();
            }

            await _open.Task;
            throw new InvalidOperationException("The silo of this call has died.");   // So that what it left behind in this process does nothing more.
        }

        await context.Invoke();
    }

    /// <summary>Fails what is held, and lets later calls pass.</summary>
    public void Open() => _open.TrySetResult();
}
