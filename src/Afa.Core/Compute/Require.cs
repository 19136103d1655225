using static TorchSharp.torch;

namespace Afa.Compute;

/// <summary>Checks of tensor arguments, at the public edge of the science.</summary>
public static class Require
{
    /// <exception cref="ArgumentException">The tensor does not have one dimension for each axis name.</exception>
    public static void Shape(Tensor tensor, string argument, params ReadOnlySpan<string> axes)
    {
        if (tensor.ndim != axes.Length)
        {
            throw new ArgumentException(
                $"{argument} must have shape [{string.Join(", ", axes.ToArray())}], not [{string.Join(", ", tensor.shape)}].", argument);
        }
    }

    /// <exception cref="ArgumentException">The tensors differ in their first dimension.</exception>
    public static void SameBatch(Tensor tensor, string argument, Tensor other, string otherArgument)
    {
        if (tensor.shape[0] != other.shape[0])
        {
            throw new ArgumentException(
                $"{argument} and {otherArgument} must hold as many rows, not {tensor.shape[0]} and {other.shape[0]}.", argument);
        }
    }

    /// <exception cref="ArgumentException">The tensors differ in shape.</exception>
    public static void SameShape(Tensor tensor, string argument, Tensor other, string otherArgument)
    {
        if (!tensor.shape.AsSpan().SequenceEqual(other.shape))
        {
            throw new ArgumentException(
                $"{argument} and {otherArgument} must have the same shape, not [{string.Join(", ", tensor.shape)}] and [{string.Join(", ", other.shape)}].", argument);
        }
    }
}
