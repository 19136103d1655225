using System.ComponentModel.DataAnnotations;
using Afa.Federation;
using Afa.Federation.Privacy;
using Xunit;

namespace Afa.Tests.Federation.Privacy;

public sealed class PrivacyOptionsTests
{
    [Fact]
    public void Validate_Defaults_AreFine() => Assert.Empty(Problems(new PrivacyOptions()));

    [Fact]
    public void Validate_EachBadValue_IsNamed()
    {
        Assert.Contains("ClipNorm", Assert.Single(Problems(new PrivacyOptions { ClipNorm = -1 })), StringComparison.Ordinal);
        Assert.Contains("ClipNorm", Assert.Single(Problems(new PrivacyOptions { ClipNorm = double.NaN })), StringComparison.Ordinal);
        Assert.Contains("needs Privacy.ClipNorm", Assert.Single(Problems(new PrivacyOptions { NoiseMultiplier = 1 })), StringComparison.Ordinal);
        Assert.Contains("NoiseMultiplier", Assert.Single(Problems(new PrivacyOptions { ClipNorm = 1, NoiseMultiplier = double.NaN })), StringComparison.Ordinal);
        Assert.Contains("Delta", Assert.Single(Problems(new PrivacyOptions { Delta = 0 })), StringComparison.Ordinal);
        Assert.Contains("SecureRange", Assert.Single(Problems(new PrivacyOptions { SecureRange = 0 })), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "at least 3")]
    [InlineData(3, null)]
    [InlineData(255, null)]
    [InlineData(256, "at most 255")]
    public void Validate_SecureAggregation_NeedsAFittingNumberOfParticipants(int participants, string? problem)
    {
        var problems = Problems(new FederationOptions { Participants = participants, Privacy = new() { SecureAggregation = true } });

        Assert.Equal(problem is null ? 0 : 1, problems.Count(found => found.Contains("Privacy.SecureAggregation", StringComparison.Ordinal)));
        Assert.True(problem is null || problems.Any(found => found.Contains(problem, StringComparison.Ordinal)));
    }

    private static List<string> Problems(IValidatableObject options) => [.. options.Validate(new ValidationContext(options)).Select(problem => problem.ErrorMessage!)];
}
