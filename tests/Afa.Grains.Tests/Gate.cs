namespace Afa.Tests.Grains;

/// <summary>Holds what is written under a prefix until it is opened.</summary>
internal sealed class Gate(string prefix)
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromMinutes(1));

    public Task PassAsync(string name)
    {
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
        {
            return Task.CompletedTask;
        }

        _reached.TrySetResult();
        return _open.Task;
    }

    public void Open() => _open.TrySetResult();
}
