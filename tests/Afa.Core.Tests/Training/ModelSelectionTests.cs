using Afa.Training;
using Xunit;

namespace Afa.Tests.Training;

public class ModelSelectionTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("- -", null)]
    [InlineData("0", 0)]
    [InlineData("- 0.3 - 0.5 0.4", 3)]
    [InlineData("0.5 0.5 0.4", 0)]   // The first of equals.
    public void Best_Accuracies_IsTheFirstHighest(string accuracies, int? expected) => Assert.Equal(expected, ModelSelection.Best(Parse(accuracies)));

    [Theory]
    [InlineData("0.5 0.4 0.4", 2, true)]
    [InlineData("0.5 0.4", 2, false)]
    [InlineData("0.5 0.4 0.6 0.5", 2, false)]
    [InlineData("0.5 0.5 0.5", 2, true)]   // Equal is no rise.
    [InlineData("0.5 0.4 0.4", 0, false)]
    [InlineData("0.5 - -", 2, false)]      // Nothing new is known.
    [InlineData("- 0.5 - 0.4", 2, true)]
    [InlineData("- - - -", 2, false)]
    [InlineData("", 1, false)]
    public void IsPatienceOver_Accuracies_CountsFromTheBest(string accuracies, int patience, bool expected) =>
        Assert.Equal(expected, ModelSelection.IsPatienceOver(patience, Parse(accuracies)));

    [Fact]
    public void IsValidated_Afa_OnlyWhereAHeadIsTrained()
    {
        var options = new TrainingOptions { Epochs = 2, BatchSize = 20, Head = new() { Epochs = 3 }, Validation = new() { Images = 10 } };

        Assert.Equal([3, 4, 5], Validated(options));
    }

    [Fact]
    public void IsValidated_EveryOtherEpoch_AndAtTheEnd()
    {
        var options = new TrainingOptions { Method = TrainingMethod.Ce, Epochs = 5, BatchSize = 20, Validation = new() { Images = 10, EveryEpochs = 2 } };

        Assert.Equal([2, 4, 5], Validated(options));
        Assert.Empty(Validated(options with { Validation = new() }));
    }

    /// <summary>Epochs, from 1, after which the run is validated.</summary>
    private static List<int> Validated(TrainingOptions options)
    {
        var plan = new TrainingPlan(options, smallestShard: 30);   // 3 steps to an epoch.
        return [.. Enumerable.Range(0, (int)plan.Steps).Select(step => plan.At(step)).Where(position => ModelSelection.IsValidated(options.Validation, position)).Select(position => position.Epoch + 1)];
    }

    private static List<double?> Parse(string accuracies) =>
        [.. accuracies.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => text == "-" ? (double?)null : double.Parse(text, System.Globalization.CultureInfo.InvariantCulture))];
}
