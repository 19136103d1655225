using Afa.Attacks;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

public class InputGradientTests
{
    [Fact]
    public void Of_SumOfCubes_IsThreeTimesTheSquares()
    {
        using var scope = NewDisposeScope();
        var images = tensor(new double[] { 1, -2, 0.5 });

        var gradient = InputGradient.Of(x => x.pow(3).sum(), images);

        Assert.Equal([3, 12, 0.75], gradient.data<double>().ToArray());
        Assert.False(images.requires_grad);
        Assert.False(gradient.requires_grad);
    }

    [Fact]
    public void Of_CallerUnderNoGrad_StillWorks()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();

        var gradient = InputGradient.Of(x => (2 * x).sum(), ones(3));

        Assert.Equal([2, 2, 2], gradient.data<float>().ToArray());
        Assert.False(is_grad_enabled());
    }

    [Fact]
    public void Of_ObjectiveOfConstants_IsRefused()
    {
        using var scope = NewDisposeScope();
        var exception = Assert.Throws<InvalidOperationException>(() => InputGradient.Of(x => x.detach().sum(), ones(3)));
        Assert.Contains("does not depend on the images", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_ObjectiveOfWeightsOnly_IsRefused()
    {
        // The value asks for a gradient, but not by way of the images.
        using var scope = NewDisposeScope();
        var weight = ones(3).requires_grad_();

        var exception = Assert.Throws<InvalidOperationException>(() => InputGradient.Of(x => (weight * x.detach()).sum(), ones(3)));

        Assert.Contains("does not depend on the images", exception.Message, StringComparison.Ordinal);
        Assert.Null(weight.grad);
    }

    [Fact]
    public void Of_ObjectiveThatIsNoScalar_IsRefused()
    {
        using var scope = NewDisposeScope();
        var exception = Assert.Throws<ArgumentException>(() => InputGradient.Of(x => x * 2, ones(3)));
        Assert.Contains("[3]", exception.Message, StringComparison.Ordinal);
    }
}
