using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Golden;

/// <summary>Assertions on tensors.</summary>
internal static class TensorAssert
{
    /// <summary>Every element differs by at most an absolute tolerance.</summary>
    public static void Close(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        var difference = LargestDifference(expected, actual);
        Assert.True(difference <= tolerance, $"The largest difference is {difference:g3}, more than {tolerance:g3}.");
    }

    /// <summary>Every bit is the same.</summary>
    public static void SameBits(Tensor expected, Tensor actual)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        Assert.True(expected.detach().contiguous().bytes.SequenceEqual(actual.detach().contiguous().bytes), $"The tensors differ by up to {LargestDifference(expected, actual):g3}.");
    }

    /// <summary>0 for tensors without elements; not a number if a difference is.</summary>
    public static double LargestDifference(Tensor expected, Tensor actual)
    {
        using var scope = NewDisposeScope();
        return expected.numel() == 0 ? 0 : (expected.detach().to(ScalarType.Float64) - actual.detach().to(ScalarType.Float64)).abs().max().item<double>();
    }

    /// <summary>Share of the elements that differ by at most a tolerance.</summary>
    public static double ShareWithin(double tolerance, Tensor expected, Tensor actual)
    {
        using var scope = NewDisposeScope();
        return (expected.detach().to(ScalarType.Float64) - actual.detach().to(ScalarType.Float64)).abs().le(tolerance).to(ScalarType.Float64).mean().item<double>();
    }
}
