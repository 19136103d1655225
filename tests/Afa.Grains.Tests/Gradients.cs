namespace Afa.Tests.Grains;

/// <summary>Made-up gradients of some ranks, and their sum worked out by a plain loop in rank order.</summary>
internal static class Gradients
{
    /// <summary>Of such different sizes that float32 sums in another order have other bits.</summary>
    public static float[][] Create(int count, int length, int seed = 1) =>
        [.. Enumerable.Range(0, count).Select(rank => Values(new Random(seed * 100 + rank), length))];

    /// <summary>Whose values bfloat16 holds: the lower 16 bits are 0.</summary>
    public static float[][] CreateBfloat16(int count, int length) =>
        [.. Create(count, length).Select(values => values.Select(value => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000)).ToArray())];

    public static float[] SumInOrder(IEnumerable<float[]> gradients)
    {
        float[]? sum = null;
        foreach (var gradient in gradients)
        {
            sum ??= new float[gradient.Length].Select(_ => -0f).ToArray();   // The one value that leaves every other as it is, 0 and -0 too.
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += gradient[i];
            }
        }

        return sum!;
    }

    /// <summary>Runs something that blocks for each rank, on threads of their own.</summary>
    public static Task<T[]> OnThreadsAsync<T>(IEnumerable<int> ranks, Func<int, T> work) =>
        Task.WhenAll(ranks.Select(rank => Task.Factory.StartNew(() => work(rank), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    public static void AssertSameBits(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToUInt32Bits(expected[i]) != BitConverter.SingleToUInt32Bits(actual[i]))
            {
                Assert.Fail($"Value {i} is {actual[i]:R}, not {expected[i]:R}.");
            }
        }
    }

    private static float[] Values(Random random, int length)
    {
        var values = new float[length];
        for (var i = 0; i < length; i++)
        {
            values[i] = (random.NextSingle() - 0.5f) * (1 << random.Next(20));
        }

        return values;
    }
}
