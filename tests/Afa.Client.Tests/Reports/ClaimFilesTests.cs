using System.Text.Json.Nodes;
using Afa.Client.Reports;
using Afa.Evaluation;
using Xunit;

namespace Afa.Client.Tests.Reports;

public sealed class ClaimFilesTests
{
    [Fact]
    public void Create_AutoAttack_ClaimsInTheFormOfRobustBench()
    {
        var claim = Read(Claims(SampleReport.Full() with { Dataset = "cifar-10", Seed = 7 }), "claim-tuesday-epoch-5-linf-8-255.json");

        Assert.Equal("cifar10", (string?)claim["dataset"]);
        Assert.Equal("small-cnn", (string?)claim["architecture"]);
        Assert.Equal("Linf", (string?)claim["threat_model"]);
        Assert.Equal("8/255", (string?)claim["eps"]);
        Assert.Equal("80.00", (string?)claim["clean_acc"]);
        Assert.Equal("50.00", (string?)claim["reported"]);
        Assert.Equal("50.00", (string?)claim["autoattack_acc"]);
        Assert.Equal("standard", (string?)claim["autoattack_version"]);
        Assert.Equal(20, (int?)claim["n_examples"]);
        Assert.Equal(7UL, (ulong?)claim["seed"]);
        Assert.True((bool?)claim["unreliable"]);
        Assert.Single(claim["warnings"]!.AsArray());
        Assert.True(claim.ContainsKey("additional_data") && claim["additional_data"] is null);   // Who makes the claim has to say.
        Assert.False(claim.ContainsKey("corruptions_acc"));
    }

    [Fact]
    public void Create_Corruptions_ClaimTheMean()
    {
        var claim = Read(Claims(SampleReport.Full()), "claim-tuesday-epoch-5-corruptions.json");

        Assert.Equal("corruptions", (string?)claim["threat_model"]);
        Assert.Null(claim["eps"]);
        Assert.Equal("70.00", (string?)claim["corruptions_acc"]);
        Assert.False(claim.ContainsKey("autoattack_acc"));
    }

    [Fact]
    public void Create_NoAutoAttack_ClaimsNothing() => Assert.Empty(Claims(SampleReport.Result()));

    [Fact]
    public void Create_SeveralVersions_ClaimsTheStandardOne()
    {
        var result = SampleReport.Result() with { Attacks = [SampleReport.Attack("autoattack-plus", 8), SampleReport.Attack("autoattack", 9)] };

        Assert.Equal("45.00", Claims(result).Single().Claim.AutoattackAcc);
        Assert.Equal("plus", Claims(result with { Attacks = [result.Attacks[0]] }).Single().Claim.AutoattackVersion);
    }

    [Fact]
    public void Create_HostileAndEqualNames_GivesSafeAndDifferentFiles()
    {
        var names = Claims(
            SampleReport.Full() with { Checkpoint = "../../etc/passwd\0" },
            SampleReport.Full() with { Checkpoint = "a/b" },
            SampleReport.Full() with { Checkpoint = "A-b" },
            SampleReport.Full() with { Checkpoint = new string('x', 5_000) }).Select(claim => claim.Name).ToList();

        Assert.Equal("claim-..-..-etc-passwd--linf-8-255.json", names[0]);
        Assert.Equal(["claim-a-b-linf-8-255.json", "claim-A-b-linf-8-255-2.json"], names[1..3]);
        Assert.All(names, name => Assert.True(name.Length < 200 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-')));
        Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    private static List<(string Name, RobustBenchClaim Claim)> Claims(params EvaluationResult[] results) => [.. ClaimFiles.Create(SampleReport.Document(results))];

    private static JsonObject Read(List<(string Name, RobustBenchClaim Claim)> claims, string name) =>
        JsonNode.Parse(claims.Single(claim => claim.Name == name).Claim.ToJson())!.AsObject();
}
