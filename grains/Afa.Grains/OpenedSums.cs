using System.Globalization;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Federation;
using Afa.Training;

namespace Afa.Grains;

/// <summary>With whom a participant has helped to open secure sums, so that no second sum of the same update with others shows what they differ by.</summary>
/// <param name="store">Where the participant keeps what is its own.</param>
/// <param name="folder">The participant's, with a '/' at its end.</param>
internal sealed class OpenedSums(IBlobStore store, string folder)
{
    private const int MaxSizeInBytes = 1 << 16;

    /// <returns>Numbers of the participants; null if the update of this round has been in no opened sum.</returns>
    /// <param name="checkpoint">Model that the update starts from; from another one, it is another update.</param>
    public async Task<IReadOnlyList<int>?> FindAsync(int round, string checkpoint)
    {
        var content = await store.ReadAsync(Name(round), MaxSizeInBytes);
        var opened = content is null ? null : JsonSerializer.Deserialize<Opened>(content, AfaJson.Options);
        return opened?.Checkpoint == checkpoint ? opened.Participants : null;
    }

    /// <summary>Notes that a sum is about to be opened.</summary>
    /// <exception cref="ParticipantException">One was opened with others.</exception>
    public async Task NoteAsync(int round, string checkpoint, IReadOnlyList<int> participants)
    {
        if (await FindAsync(round, checkpoint) is { } before)
        {
            if (!before.ToHashSet().SetEquals(participants))
            {
                throw new ParticipantException(
                    $"The sum of round {round + 1} was opened before, with the participants {string.Join(", ", before)}. One with {string.Join(", ", participants)} would show what they differ by. Resume when those of the first are back.");
            }

            return;
        }

        await store.WriteAsync(Name(round), JsonSerializer.SerializeToUtf8Bytes(new Opened(checkpoint, participants), AfaJson.Options));
    }

    private string Name(int round) => string.Create(CultureInfo.InvariantCulture, $"{folder}opened-{round:D6}.json");

    private sealed record Opened(string Checkpoint, IReadOnlyList<int> Participants);
}
