using Afa.Tests.Golden;
using Afa.Training;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Tests.Training;

public class WeightAverageTests
{
    [Theory]
    [InlineData(1, 100, 0)]              // The warm-up is 2.5 steps.
    [InlineData(2, 100, 0)]
    [InlineData(3, 100, 1.5 / 10.5)]     // δ = 0.5
    [InlineData(10, 100, 8.5 / 17.5)]
    [InlineData(100, 100, 98.5 / 107.5)]
    [InlineData(2499, 100_000, 0)]
    [InlineData(2500, 100_000, 0.1)]     // δ = 0
    [InlineData(4289, 100_000, 1790.0 / 1799)]
    [InlineData(4290, 100_000, 0.995)]   // (1 + 1790) / (10 + 1790) = 0.995
    [InlineData(99_999, 100_000, 0.995)]
    public void DecayAt_Step_IsWorkedByHand(long step, long steps, double expected) => Assert.Equal(expected, WeightAverage.DecayAt(0.995, step, steps), 1e-12);

    [Fact]
    public void Update_ThreeSteps_AreWorkedByHand()
    {
        using var scope = NewDisposeScope();
        using var parameters = OneParameter(out _);
        using var average = new WeightAverage(parameters, 0.5);

        // 120 steps, so 3 of warm-up: the average follows in step 1; then d = 0.1 in step 3 and min(0.5, 98 / 107) in step 100.
        Set(parameters, 2, -1);
        average.Update(1, 120);
        TensorAssert.Close(tensor([2.0, -1]), average.Values, 1e-6);
        Set(parameters, 3, 1);
        average.Update(3, 120);
        TensorAssert.Close(tensor([2.9, 0.8]), average.Values, 1e-6);
        Set(parameters, 1, 1);
        average.Update(100, 120);
        TensorAssert.Close(tensor([1.95, 0.9]), average.Values, 1e-6);
        TensorAssert.Close(tensor([1.0, 1]), parameters.Values, 0);
    }

    [Fact]
    public void Show_WhileItLives_TheModelHasTheAverageAndThenItsOwnBits()
    {
        using var scope = NewDisposeScope();
        using var parameters = OneParameter(out var model);
        using var average = new WeightAverage(parameters, 0.9);
        Set(parameters, 1f / 3, 1e-30f);
        var own = parameters.Values.clone();

        using (average.Show())
        {
            TensorAssert.SameBits(average.Values, model.get_parameter("weight")!.reshape(-1));
        }

        TensorAssert.SameBits(own, model.get_parameter("weight")!.reshape(-1));
    }

    [Fact]
    public void Adopt_MakesTheAverageTheParameters()
    {
        using var scope = NewDisposeScope();
        using var parameters = OneParameter(out var model);
        using var average = new WeightAverage(parameters, 0.9);
        var before = average.Values.clone();
        Set(parameters, 5, 5);

        average.Adopt();

        TensorAssert.SameBits(before, model.get_parameter("weight")!.reshape(-1));
    }

    private static FlatParameters OneParameter(out Linear model)
    {
        model = Linear(2, 1, hasBias: false);
        return new FlatParameters(model.named_parameters(), new HashSet<string>());
    }

    private static void Set(FlatParameters parameters, float first, float second)
    {
        using var noGradients = no_grad();
        parameters.Values.copy_(tensor([first, second]));
    }
}
