using Afa.Compute;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Compute;

public class RequireTests
{
    [Fact]
    public void Shape_OtherRank_NamesWhatWasNeededAndWhatCame()
    {
        using var features = zeros(128, 3, 32, 32);
        var exception = Assert.Throws<ArgumentException>(() => Require.Shape(features, "features", "batch", "dim"));
        Assert.Equal("features must have shape [batch, dim], not [128, 3, 32, 32]. (Parameter 'features')", exception.Message);
    }

    [Fact]
    public void SameBatchAndSameShape_TensorsThatDiffer_AreRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => Require.SameBatch(zeros(2, 3), "a", zeros(3, 3), "b"));
        Assert.Throws<ArgumentException>(() => Require.SameShape(zeros(2, 3), "a", zeros(2, 3, 1), "b"));
        Require.SameBatch(zeros(2, 3), "a", zeros(2), "b");
        Require.SameShape(zeros(2, 3), "a", ones(2, 3), "b");
    }
}
