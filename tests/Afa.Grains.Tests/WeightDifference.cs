using System.Runtime.InteropServices;

namespace Afa.Tests.Grains;

/// <summary>How far weights are apart that agree only to rounding.</summary>
internal static class WeightDifference
{
    /// <summary>
    /// For runs of less than a hundred steps of a tiny network without attacks. Sums over other numbers of trainers round otherwise, by some 2⁻²⁴ of the gradient in each step, and the network
    /// makes more of it: 1e-7 were measured after 20 steps, 1e-6 after 90, and this leaves two orders of magnitude. A single step moves weights by some 1e-2, so one that is lost, or done twice, shows.
    /// </summary>
    public const double Tolerance = 1e-4;

    /// <param name="weights">float32 values.</param>
    /// <param name="others">As many.</param>
    /// <returns>The largest absolute difference; infinite if one is not a number.</returns>
    public static double Largest(byte[] weights, byte[] others)
    {
        Assert.Equal(weights.Length, others.Length);
        var left = MemoryMarshal.Cast<byte, float>(weights);
        var right = MemoryMarshal.Cast<byte, float>(others);
        var largest = 0.0;
        for (var i = 0; i < left.Length; i++)
        {
            var difference = Math.Abs((double)left[i] - right[i]);
            largest = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(largest, difference);
        }

        return largest;
    }
}
