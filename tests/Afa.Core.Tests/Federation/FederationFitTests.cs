using System.ComponentModel.DataAnnotations;
using Afa.Federation;
using Xunit;

namespace Afa.Tests.Federation;

public class FederationFitTests
{
    [Fact]
    public void Problems_OfASmallFederation_AreNone() => Assert.Empty(Problems(SmallFederation.Options()));

    [Fact]
    public void FedBn_WithoutNormalization_IsRefused()
    {
        var options = SmallFederation.Options() with { Strategy = new() { Kind = StrategyKind.FedBn } };
        Assert.Contains("small-cnn has none", Assert.Single(Problems(options)), StringComparison.Ordinal);
        Assert.Empty(Problems(options with { Training = options.Training with { Model = "resnet-18" } }));
    }

    [Fact]
    public void TransferAttack_IsRefused()
    {
        var options = SmallFederation.Options() with { Evaluation = new() { Attacks = ["transfer:runs/a/epoch-1"] } };
        Assert.Contains("from another checkpoint", Assert.Single(Problems(options)), StringComparison.Ordinal);
    }

    private static string[] Problems(FederationOptions options) => [.. options.Validate(new ValidationContext(options)).Select(problem => problem.ErrorMessage!)];
}
