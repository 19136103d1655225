using System.Globalization;
using Afa.Checkpoints;

namespace Afa.Grains;

/// <summary>What a participant keeps from round to round and does not send: FedBN's layers, SCAFFOLD's control.</summary>
/// <param name="folder">The participant's, with a '/' at its end.</param>
internal sealed class OwnLayers(CheckpointStore store, string folder)
{
    private const string Prefix = "own-";

    /// <summary>What was kept of a round; where that is gone, of the newest before it.</summary>
    /// <param name="rounds">Rounds that were done then; 0: null is returned.</param>
    public async Task<Checkpoint?> LoadAsync(int rounds, CancellationToken cancellationToken)
    {
        var newest = Newest(await store.ListAsync(folder + Prefix, cancellationToken).ToListAsync(cancellationToken), rounds);
        return newest is null ? null : await store.LoadAsync(newest, cancellationToken);
    }

    /// <summary>Keeps something of a round, and what it began with, as it may not count in the end, and what was before that, as the last model may turn out damaged. Older ones go.</summary>
    /// <param name="rounds">Rounds that are done with it.</param>
    /// <param name="begunWith">What <see cref="LoadAsync"/> was asked for when it began.</param>
    public async Task SaveAsync(int rounds, Checkpoint own, int begunWith, CancellationToken cancellationToken)
    {
        await store.SaveAsync(Name(rounds), own, cancellationToken);
        var names = await store.ListAsync(folder + Prefix, cancellationToken).ToListAsync(cancellationToken);
        string?[] kept = [Newest(names, begunWith), Newest(names, begunWith - 1)];
        foreach (var name in names.Where(name => string.CompareOrdinal(name, Name(rounds)) < 0).Except(kept).OfType<string>())   // Newer ones are of an activation that has replaced this one.
        {
            await store.DeleteAsync(name, cancellationToken);
        }
    }

    /// <param name="names">In ordinal order, which is that of the rounds.</param>
    private string? Newest(List<string> names, int rounds) => names.LastOrDefault(name => string.CompareOrdinal(name, Name(rounds)) <= 0);

    private string Name(int rounds) => string.Create(CultureInfo.InvariantCulture, $"{folder}{Prefix}{rounds:D6}");
}
