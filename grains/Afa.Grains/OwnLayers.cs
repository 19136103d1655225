using System.Globalization;
using Afa.Checkpoints;

namespace Afa.Grains;

/// <summary>What a participant keeps from round to round and does not send: FedBN's layers, SCAFFOLD's control.</summary>
/// <param name="folder">The participant's, with a '/' at its end.</param>
internal sealed class OwnLayers(CheckpointStore store, string folder)
{
    private const string Prefix = "own-";

    /// <summary>What was kept for a round: of the newest that is not after it, so that a round that is repeated starts from the same.</summary>
    /// <param name="round">From 0: the rounds that are done.</param>
    public async Task<Checkpoint?> LoadAsync(int round, CancellationToken cancellationToken)
    {
        var newest = await NewestAsync(round, cancellationToken);
        return newest is null ? null : await store.LoadAsync(newest, cancellationToken);
    }

    /// <summary>Keeps something for a round, and what was kept for the one before, as that may be repeated; older ones go.</summary>
    public async Task SaveAsync(int round, Checkpoint own, CancellationToken cancellationToken)
    {
        var before = await NewestAsync(round - 1, cancellationToken);
        await store.SaveAsync(Name(round), own, cancellationToken);
        await foreach (var name in store.ListAsync(folder + Prefix, cancellationToken))
        {
            if (before is not null && string.CompareOrdinal(name, before) < 0)
            {
                await store.DeleteAsync(name, cancellationToken);
            }
        }
    }

    private async Task<string?> NewestAsync(int round, CancellationToken cancellationToken)
    {
        string? newest = null;
        await foreach (var name in store.ListAsync(folder + Prefix, cancellationToken))
        {
            if (string.CompareOrdinal(name, Name(round)) <= 0)
            {
                newest = name;
            }
        }

        return newest;
    }

    private string Name(int round) => string.Create(CultureInfo.InvariantCulture, $"{folder}{Prefix}{round:D6}");
}
