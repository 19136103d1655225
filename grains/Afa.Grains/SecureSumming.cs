using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Afa.Federation;
using Afa.Federation.Privacy;
using Microsoft.Extensions.Logging;

namespace Afa.Grains;

/// <summary>Adds up the updates of a round without seeing any: the server's side of Bonawitz et al. 2017, step by step with the participants.</summary>
/// <remarks>
/// A round that is added up again, as this silo died or the store failed after the sum was opened, has new keys and masks. Those who opened it
/// open it with the same participants only, and say with whom: two sums would show what they differ by.
/// </remarks>
internal sealed class SecureSumming(IGrainFactory grains, AggregationRequest request, FederationOptions options, ILogger logger)
{
    private readonly string _attempt = $"{request.Federation}/{request.Round}/{Guid.NewGuid():N}";

    /// <summary>Applies the mean of the updates to the model.</summary>
    /// <param name="members">Numbers of the participants.</param>
    /// <param name="weights">Of each, 1 in the mean.</param>
    /// <param name="lost">Gets those that drop out, with the reason.</param>
    /// <returns>Those whose updates are in the sum. The second is null: all of them are used.</returns>
    /// <exception cref="InvalidOperationException">Too many dropped out.</exception>
    public async Task<(IReadOnlyList<int> Delivered, IReadOnlyList<int>? Chosen)> AddUpAsync(ServerModel server, List<int> members, double[] weights, Dictionary<int, string> lost)
    {
        var threshold = Math.Max(request.Least, members.Count * 2 / 3 + 1);
        var code = new FixedPointCode(options.Privacy.SecureRange, members.Count);

        var entries = await AllAsync(Everyone(members), index => Grain(members[index]).AdvertiseKeysAsync(new SecureSum(_attempt, request.Round, members, index, threshold, weights[index])));
        var opened = OpenedBefore(entries);
        var keys = OfThoseWhoOpened(opened, entries);
        var shares = await AllAsync(Present(keys), index => Grain(members[index]).ShareKeysAsync(_attempt, keys));
        var sharers = Present(shares);
        Require(sharers.Count, threshold, lost);
        var received = await AllAsync(sharers, async index =>
        {
            await Grain(members[index]).ReceiveSharesAsync(_attempt, [.. shares.Select(from => from?[index])]);
            return new object();
        });

        var (sum, survivors) = await SumAsync(server.Layout.Length, members, Present(received), threshold);
        if (opened is not null && !opened.ToHashSet().SetEquals(survivors.Select(index => members[index])))
        {
            // Before anybody is asked: who reveals for others now could no more do so for these.
            throw new InvalidOperationException(
                $"The sum of round {request.Round + 1} was perhaps opened before, with the participants {string.Join(", ", opened)}, and another with fewer would show what they differ by. Resume when all of them are back. {string.Join(' ', lost.Values.Distinct().Take(3))}".TrimEnd());
        }

        var reveals = await AllAsync(survivors, index => Grain(members[index]).RevealAsync(_attempt, survivors));
        Require(Present(reveals).Count, threshold, lost);

        using var secure = new SecureAggregationServer(members.Count, threshold, keys, _attempt);
        try
        {
            secure.Recover(sharers, survivors, reveals);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidOperationException($"The secure sum of round {request.Round + 1} cannot be opened and is begun anew: {exception.Message}", exception);
        }

        await Task.Run(() => Open(server, secure, code, sum, survivors, weights));
        survivors.ForEach(index => lost.Remove(members[index]));   // Whoever died between its upload and the reveal is in the sum all the same.
        return ([.. survivors.Select(index => members[index])], null);

        async Task<T?[]> AllAsync<T>(List<int> who, Func<int, Task<T>> ask)
            where T : class
        {
            var answers = new T?[members.Count];
            await Task.WhenAll(who.Select(async index =>
            {
                try
                {
                    answers[index] = await ask(index);
                }
                catch (Exception exception) when (ParticipantLostException.IsLoss(exception))
                {
                    DropOut(members[index], exception);
                }
            }));
            return answers;
        }

        // Where attempts were cut short, some may name other sets; only one that most of a sum's members name can have been opened.
        IReadOnlyList<int>? OpenedBefore(SecureKeys?[] all) =>
            all.Select(entry => entry?.OpenedWith).OfType<IReadOnlyList<int>>().GroupBy(with => string.Join(',', with.Order())).OrderByDescending(set => set.Count()).FirstOrDefault()?.First();

        byte[]?[] OfThoseWhoOpened(IReadOnlyList<int>? with, SecureKeys?[] all) => [.. all.Select((entry, index) =>
        {
            if (entry is null || with is null || (with.Contains(members[index]) && (entry.OpenedWith is null || entry.OpenedWith.ToHashSet().SetEquals(with))))
            {
                return entry?.PublicKeys;
            }

            DropOut(members[index], new InvalidOperationException("The sum was opened before without it."));
            return null;
        })];

        async Task<(uint[] Sum, List<int> Survivors)> SumAsync(long length, List<int> all, List<int> present, int least)
        {
            var total = new uint[length];
            while (true)
            {
                Require(present.Count, least, lost);
                Array.Clear(total);
                if (await TryAddAsync(total, all, present) is not { } dropped)
                {
                    return (total, present);
                }

                present = [.. present.Where(index => !dropped.Contains(index))];   // What it gave is in the sum already, so that begins anew.
            }
        }

        async Task<HashSet<int>?> TryAddAsync(uint[] total, List<int> all, List<int> present)
        {
            var sliceLength = UpdateReader.SliceLengthOf(present.Count, total.Length);
            for (var offset = 0; offset < total.Length; offset += sliceLength)
            {
                var (start, count) = (offset, Math.Min(sliceLength, total.Length - offset));
                var slices = await AllAsync(present, index => Grain(all[index]).GetMaskedSliceAsync(_attempt, start, count));
                var dropped = present.Where(index => slices[index] is not { } slice || !UpdateReader.IsOf(slice, count)).ToHashSet();
                if (dropped.Count > 0)
                {
                    return dropped;
                }

                var part = total.AsSpan(start, count);
                foreach (var index in present)
                {
                    TensorPrimitives.Add(part, MemoryMarshal.Cast<byte, uint>(slices[index]!.Bytes.Span), part);
                    slices[index]!.Release();
                }
            }

            return null;
        }

        void DropOut(int participant, Exception exception)
        {
            logger.LogWarning("Participant {Participant} of {Federation} drops out of the secure sum of round {Round}: {Reason}", participant, request.Federation, request.Round + 1, exception.Message);
            lock (lost)
            {
                lost[participant] = $"It dropped out of the secure sum: {exception.Message.Split('\n')[0]}";
            }
        }
    }

    private void Open(ServerModel server, SecureAggregationServer secure, FixedPointCode code, uint[] sum, List<int> survivors, double[] weights)
    {
        using var mechanism = GaussianNoise.Of(options);
        var total = (float)survivors.Sum(index => weights[index]);
        var sliceLength = UpdateReader.SliceLengthOf(1, sum.Length);
        var mean = new float[sliceLength];
        for (var offset = 0; offset < sum.Length; offset += sliceLength)
        {
            var words = sum.AsSpan(offset, Math.Min(sliceLength, sum.Length - offset));
            var part = mean.AsSpan(0, words.Length);
            secure.Unmask(offset, words);
            for (var i = 0; i < words.Length; i++)
            {
                part[i] = code.DecodeSum(words[i]) / total;
            }

            mechanism?.Apply(part, survivors.Count);
            server.Apply(offset, part, survivors.Count);
        }
    }

    private static void Require(int present, int threshold, Dictionary<int, string> lost)
    {
        if (present < threshold)
        {
            throw new InvalidOperationException(
                $"Only {present} participants are left in the secure sum, and {threshold} are needed to take out the masks. {string.Join(' ', lost.Values.Distinct().Take(3))}".TrimEnd());
        }
    }

    private static List<int> Everyone(List<int> members) => [.. Enumerable.Range(0, members.Count)];

    private static List<int> Present<T>(T?[] answers)
        where T : class => [.. Enumerable.Range(0, answers.Length).Where(index => answers[index] is not null)];

    private IParticipantGrain Grain(int participant) => grains.GetGrain<IParticipantGrain>($"{request.Federation}/{participant}");
}
