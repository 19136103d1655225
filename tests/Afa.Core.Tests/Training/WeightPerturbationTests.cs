using Afa.Training;
using Xunit;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Afa.Tests.Training;

public class WeightPerturbationTests
{
    [Fact]
    public void Constructor_TwoWeightsAndTheRest_MovesThemByTheValuesWorkedByHand()
    {
        // ‖w‖ = 5, ‖∇‖ = 10, γ = 0.1: w + 0.1 · 5 · ∇ / 10. The other tensors are no weights of more than one dimension.
        using var scope = NewDisposeScope();
        using var flat = Flat(
            ("conv.weight", new float[,] { { 3, 4 } }, new float[,] { { 6, -8 } }),
            ("fc.weight", new float[,] { { 0 }, { 2 } }, new float[,] { { -1 }, { 0 } }),
            ("fc.bias", new float[] { 7 }, new float[] { 1 }),
            ("norm.weight", new float[] { 1, 1 }, new float[] { 1, 1 }),
            ("scale", new float[,] { { 1 } }, new float[,] { { 1 } }));

        using (new WeightPerturbation(flat, 0.1))
        {
            Golden.TensorAssert.Close(tensor(new[] { 3.3f, 3.6f, -0.2f, 2, 7, 1, 1, 1 }), flat.Values, 1e-6);
        }

        Assert.Equal(new float[] { 3, 4, 0, 2, 7, 1, 1, 1 }, flat.Values.data<float>().ToArray());
    }

    [Fact]
    public void Constructor_NoGradient_MovesNothing()
    {
        using var scope = NewDisposeScope();
        using var flat = Flat(("fc.weight", new float[,] { { 3, 4 } }, new float[,] { { 0, 0 } }));
        using var perturbation = new WeightPerturbation(flat, 0.1);
        Assert.Equal(new float[] { 3, 4 }, flat.Values.data<float>().ToArray());
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.3)]
    public void Constructor_RandomWeights_MovesEachByGammaOfItsNormAndPutsItBackBitForBit(double gamma)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        Parameter Random(params long[] shape)
        {
            var parameter = new Parameter(randn(shape, generator: generator));
            parameter.grad = randn(shape, generator: generator) * 1e-3;
            return parameter;
        }

        using var flat = new FlatParameters([("a.weight", Random(20, 10)), ("b.weight", Random(8, 4, 3, 3))], new HashSet<string>());
        flat.CollectGradient();
        var before = flat.Values.clone();

        using (new WeightPerturbation(flat, gamma))
        {
            var change = flat.Values - before;
            foreach (var ((_, moved), (_, weight)) in flat.Split(change).Zip(flat.Split(before)))
            {
                Assert.Equal(gamma, (linalg.vector_norm(moved) / linalg.vector_norm(weight)).item<float>(), 1e-3 * gamma);
            }
        }

        Assert.True(flat.Values.bytes.SequenceEqual(before.bytes));
    }

    private static FlatParameters Flat(params (string Name, Array Value, Array Gradient)[] parameters)
    {
        var entries = parameters.Select(entry => (entry.Name, Parameter: new Parameter(Floats(entry.Value)))).ToList();
        foreach (var ((_, parameter), (_, _, gradient)) in entries.Zip(parameters))
        {
            parameter.grad = Floats(gradient);
        }

        var flat = new FlatParameters(entries, new HashSet<string>());
        flat.CollectGradient();
        return flat;
    }

    private static Tensor Floats(Array values) => values is float[,] matrix ? tensor(matrix) : tensor((float[])values);
}
