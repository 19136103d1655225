using Afa.Checkpoints;

namespace Afa.Grains;

/// <summary>That a user has canceled some work, noted in the store before the user is answered: whoever takes the work up after a death ends it.</summary>
/// <param name="folder">That of the work, such as <c>runs/first</c>.</param>
internal sealed class CancelRequest(IBlobStore blobs, string folder)
{
    private readonly string _blob = $"{folder}/canceled";

    /// <summary>Whether it is known here.</summary>
    public bool IsMade { get; private set; }

    /// <exception cref="IOException">The store is away; the request may stand or not.</exception>
    public async Task MakeAsync()
    {
        await blobs.WriteAsync(_blob, ReadOnlyMemory<byte>.Empty);
        IsMade = true;
    }

    /// <summary>How work ends that would end so: one that was canceled meanwhile neither rests nor fails.</summary>
    public RunState Ending(RunState ended) => IsMade && ended != RunState.Completed ? RunState.Canceled : ended;

    /// <summary>Forgets it, as it came too late.</summary>
    public async Task ForgetAsync()
    {
        await blobs.DeleteAsync(_blob);
        IsMade = false;
    }

    /// <summary>Looks for what was asked of an activation that has died.</summary>
    /// <returns><see cref="IsMade"/>.</returns>
    public async Task<bool> FindAsync(CancellationToken cancellationToken = default) =>
        IsMade = IsMade || await blobs.ReadAsync(_blob, maxSizeInBytes: 1024, cancellationToken) is not null;
}
