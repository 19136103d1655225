using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>The gradient of an objective with respect to images.</summary>
public static class InputGradient
{
    [ThreadStatic]
    private static int s_computedOnThread;

    /// <summary>How many gradients this thread has computed: shows whether a model computes one within its forward pass.</summary>
    internal static int ComputedOnThread => s_computedOnThread;

    /// <summary>Computes ∂ objective / ∂ images. Leaves gradients of weights alone; works under no_grad too.</summary>
    /// <param name="objective">Maps images to a scalar.</param>
    /// <param name="images">Any shape, floating.</param>
    /// <returns>Same shape as the images. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The objective is no scalar.</exception>
    /// <exception cref="InvalidOperationException">The objective does not depend on the images: there is nothing to ascend.</exception>
    public static Tensor Of(Func<Tensor, Tensor> objective, Tensor images)
    {
        s_computedOnThread++;
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var input = images.detach().requires_grad_();
        var value = objective(input);
        if (value.numel() != 1)
        {
            throw new ArgumentException($"The objective of an attack must be a scalar, not of shape [{string.Join(", ", value.shape)}].", nameof(objective));
        }

        // autograd.grad would end the process, not throw, without a graph or without allow_unused.
        var gradient = value.requires_grad ? autograd.grad([value], [input], allow_unused: true)[0] : null;
        if (gradient is null || gradient.IsInvalid)
        {
            throw new InvalidOperationException("The objective of an attack does not depend on the images, so it has no gradient. Check that nothing in the model detaches its input.");
        }

        return gradient.MoveToOuterDisposeScope();
    }
}
