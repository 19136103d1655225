using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Afa.Federation.Privacy;

/// <summary>A sum of streams of words, each the stream of a key with its sign: AES-256 in counter mode (NIST SP 800-38A, section 6.5), from any place on.</summary>
/// <remarks>
/// Word w of a stream is in the block of counter ⌊w / 4⌋, the counter a big-endian number and the words little-endian. Each key is for one stream, so
/// that counters start at 0. Not thread-safe.
/// </remarks>
internal sealed class MaskSum : IDisposable
{
    private const int WordsInBlock = 4;
    private const int Blocks = 2048;

    // One call of the cipher fills all of it, so that the set-up of a call weighs little.
    private readonly byte[] _counters = new byte[Blocks * WordsInBlock * sizeof(uint)];
    private readonly byte[] _stream = GC.AllocateArray<byte>(Blocks * WordsInBlock * sizeof(uint), pinned: true);
    private readonly List<(Aes Cipher, bool IsAdded)> _streams = [];

    /// <summary>Takes up the stream of a key of 32 bytes, of which it keeps a copy.</summary>
    public void Include(byte[] key, bool isAdded)
    {
        var cipher = Aes.Create();
        cipher.Key = key;
        _streams.Add((cipher, isAdded));
    }

    /// <summary>words[i] += Σ ± stream[offset + i], modulo 2³².</summary>
    public void AddTo(Span<uint> words, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        while (words.Length > 0)
        {
            var skipped = (int)(offset % WordsInBlock);
            var count = Math.Min(words.Length, Blocks * WordsInBlock - skipped);
            var bytes = (skipped + count + WordsInBlock - 1) / WordsInBlock * WordsInBlock * sizeof(uint);
            SetCounters(bytes, offset / WordsInBlock);
            foreach (var (cipher, isAdded) in _streams)
            {
                cipher.EncryptEcb(_counters.AsSpan(0, bytes), _stream.AsSpan(0, bytes), PaddingMode.None);
                Add(MemoryMarshal.Cast<byte, uint>(_stream.AsSpan()).Slice(skipped, count), words, isAdded);
            }

            words = words[count..];
            offset += count;
        }

        CryptographicOperations.ZeroMemory(_stream);
    }

    public void Dispose()
    {
        foreach (var (cipher, _) in _streams)
        {
            cipher.Dispose();   // clears its key
        }

        CryptographicOperations.ZeroMemory(_stream);
    }

    private void SetCounters(int bytes, long first)
    {
        for (var start = 0; start < bytes; start += WordsInBlock * sizeof(uint))
        {
            BinaryPrimitives.WriteInt64BigEndian(_counters.AsSpan(start + sizeof(long)), first++);
        }
    }

    private static void Add(Span<uint> stream, Span<uint> words, bool isAdded)
    {
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(stream, stream);
        }

        var sign = isAdded ? 1u : uint.MaxValue;   // −1 modulo 2³²
        for (var i = 0; i < words.Length && i < stream.Length; i++)
        {
            words[i] = unchecked(words[i] + sign * stream[i]);
        }
    }
}
