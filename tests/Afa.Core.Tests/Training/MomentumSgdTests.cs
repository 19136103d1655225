using Afa.Tests.Golden;
using Afa.Training;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Tests.Training;

public class MomentumSgdTests
{
    [Theory]
    [InlineData(0, false, 0)]
    [InlineData(0, false, 0.01)]
    [InlineData(0.9, false, 0)]
    [InlineData(0.9, false, 0.01)]
    [InlineData(0.9, true, 0)]
    [InlineData(0.9, true, 0.01)]
    public void Step_SeveralSteps_MatchesTorchSharpsOwn(double momentum, bool nesterov, double weightDecay)
    {
        using var scope = NewDisposeScope();
        var (own, other) = TwoEqualNetworks();
        using var flat = new FlatParameters(own.named_parameters(), new HashSet<string>());
        using var optimizer = new MomentumSgd(flat, new() { Momentum = momentum, Nesterov = nesterov, WeightDecay = weightDecay, GradientClip = 0 });
        var reference = optim.SGD(other.parameters(), 0.1, momentum, weight_decay: weightDecay, nesterov: nesterov);

        for (var step = 0; step < 10; step++)
        {
            Backward(own, step);
            flat.CollectGradient();
            optimizer.Step(0.1);

            Backward(other, step);
            reference.step();
        }

        AssertClose(other, own);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(1000)]
    public void Step_GradientClip_MatchesClipGradNorm(double clip)
    {
        using var scope = NewDisposeScope();
        var (own, other) = TwoEqualNetworks();
        using var flat = new FlatParameters(own.named_parameters(), new HashSet<string>());
        using var optimizer = new MomentumSgd(flat, new() { GradientClip = clip, WeightDecay = 0.01 });
        var reference = optim.SGD(other.parameters(), 0.1, 0.9, weight_decay: 0.01, nesterov: true);

        for (var step = 0; step < 5; step++)
        {
            Backward(own, step);
            flat.CollectGradient();
            var norm = optimizer.Step(0.1);

            Backward(other, step);
            Assert.Equal(nn.utils.clip_grad_norm_(other.parameters(), clip), norm, 1e-5);
            reference.step();
        }

        AssertClose(other, own);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Step_GradientThatIsNotFinite_ChangesNothing(float value)
    {
        using var scope = NewDisposeScope();
        var (network, _) = TwoEqualNetworks();
        using var flat = new FlatParameters(network.named_parameters(), new HashSet<string>());
        using var optimizer = new MomentumSgd(flat, new());
        var before = flat.Values.clone();
        flat.Gradient.fill_(value);

        Assert.False(double.IsFinite(optimizer.Step(0.1)));

        Assert.True(flat.Values.equal(before).all().item<bool>());
        Assert.Equal(0, optimizer.Velocity.abs().max().item<float>());
    }

    [Fact]
    public void Step_ParametersWithoutDecay_AreNotDrawnToZero()
    {
        using var scope = NewDisposeScope();
        var (own, _) = TwoEqualNetworks();
        using var flat = new FlatParameters(own.named_parameters(), new HashSet<string> { "0.bias" });
        using var optimizer = new MomentumSgd(flat, new() { WeightDecay = 0.5, GradientClip = 0 });
        var before = own.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.detach().clone());

        flat.CollectGradient();   // No gradient yet: zeros.
        optimizer.Step(0.1);

        TensorAssert.SameBits(before["0.bias"], own.get_parameter("0.bias")!);
        TensorAssert.Close(before["0.weight"] * (1 - 0.1 * 0.5 * 1.9), own.get_parameter("0.weight")!, 1e-7);   // Nesterov: g + 0.9 v, v = g.
    }

    [Fact]
    public void FlatParameters_Layout_IsThatOfTheParametersInOrder()
    {
        using var scope = NewDisposeScope();
        var (own, other) = TwoEqualNetworks();
        using var flat = new FlatParameters(own.named_parameters(), new HashSet<string>());

        Assert.Equal(own.parameters().Sum(parameter => parameter.numel()), flat.Length);
        TensorAssert.SameBits(cat(other.parameters().Select(parameter => parameter.detach().reshape(-1)).ToList()), flat.Values);
        Assert.Equal(own.named_parameters().Select(entry => (entry.name, string.Join("x", entry.parameter.shape))), flat.Split(flat.Values).Select(part => (part.Name, string.Join("x", part.Part.shape))));

        using (no_grad())
        {
            flat.Values.fill_(2);
        }

        Assert.All(own.parameters(), parameter => Assert.Equal(2 * parameter.numel(), parameter.sum().item<float>()));
    }

    private static (Sequential Own, Sequential Other) TwoEqualNetworks()
    {
        using var generator = new Generator(4);
        var (own, other) = (Sequential(Linear(3, 5), Tanh(), Linear(5, 2)), Sequential(Linear(3, 5), Tanh(), Linear(5, 2)));
        using var noGradients = no_grad();
        foreach (var (parameter, copy) in own.parameters().Zip(other.parameters()))
        {
            parameter.normal_(0, 0.5, generator);
            copy.copy_(parameter);
        }

        return (own, other);
    }

    private static void Backward(Sequential network, int step)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)step);
        network.zero_grad();
        network.call(randn([8, 3], generator: generator)).square().mean().backward();
    }

    // A few roundings of values near 1 for each step: a product more or less, and another order of the clip's sum.
    private static void AssertClose(Sequential expected, Sequential actual)
    {
        foreach (var (left, right) in expected.parameters().Zip(actual.parameters()))
        {
            TensorAssert.Close(left, right, 5e-7);
        }
    }
}
