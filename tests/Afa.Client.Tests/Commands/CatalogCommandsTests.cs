using Xunit;

namespace Afa.Client.Tests.Commands;

/// <summary>Commands that need no cluster: models, attacks, data.</summary>
public sealed class CatalogCommandsTests : IDisposable
{
    private readonly ClientHarness _client = new();

    public void Dispose()
    {
        Assert.Equal(0, _client.Connections);
        _client.Dispose();
    }

    [Theory]
    [InlineData("small-cnn", "models")]
    [InlineData("wide-resnet", "models", "list")]
    [InlineData("afa train --model resnet-18", "models", "show", "resnet-18")]
    [InlineData("pgd-20", "attacks")]
    [InlineData("Fashion-MNIST", "data", "list")]
    public async Task Command_Catalog_ShowsTheNames(string expected, params string[] arguments)
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync(arguments));
        Assert.Contains(expected, _client.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("models")]
    [InlineData("models", "list")]
    [InlineData("attacks")]
    [InlineData("data", "list")]
    public async Task Command_Json_IsAListOfNamedThings(params string[] arguments)
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync([.. arguments, "--json"]));
        Assert.All(_client.Document.EnumerateArray(), item => Assert.NotEmpty(item.GetProperty("name").GetString()!));
    }

    [Theory]
    [InlineData("Unknown model 'resnet-19'. Did you mean 'resnet-18'?", "models", "show", "resnet-19")]
    [InlineData("Unknown data set 'imagenet'. Known: fashion-mnist", "data", "verify", "imagenet")]
    [InlineData("Unknown data set 'cifar10'. Did you mean 'cifar-10'?", "data", "download", "cifar10")]
    public async Task Command_UnknownName_ListsTheKnownOnes(string expected, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(arguments));
        Assert.Contains(expected, _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ModelsShow_AWideResNetByItsShortForm_ShowsLayersSizeAndCost()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("models", "show", "wrn-10-1", "--dataset", "cifar-10"));

        Assert.Matches(@"\| block1\.layer\.0\.conv1 +\| convolution 3x3 +\| 16x32x32 +\| 2,304 +\| 2,359,296 +\|", _client.Output);   // 16 · 16 · 9 weights, at 32 · 32 pixels
        Assert.Contains("multiply-adds for one image's forward pass", _client.Output, StringComparison.Ordinal);
        Assert.Contains("afa train --model wrn-10-1", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ModelsShow_Json_HasTheNumbers()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("models", "show", "small-cnn", "--json"));

        Assert.Equal((467_818, 7_853_824), (_client.Document.GetProperty("parameters").GetInt64(), _client.Document.GetProperty("multiplyAdds").GetInt64()));
        Assert.Equal("conv1", _client.Document.GetProperty("layers")[0].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("resnet-18 has one depth", "models", "show", "resnet-18", "--depth", "34")]
    [InlineData("Depth must be 6n + 4", "models", "show", "wrn-29-10")]
    [InlineData("WidthFactor must be in (0, 64]", "models", "show", "resnet-18", "--width", "0")]
    public async Task ModelsShow_WhatDoesNotGo_SaysWhy(string expected, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(arguments));
        Assert.Contains(expected, _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attacks_Listed_AreGroupedWithNormsAndCost()
    {
        await _client.RunAsync("attacks");

        Assert.Matches(@"\| autoattack +\| [0-9]+,[0-9]{3} +\| AutoAttack standard", _client.Output);
        Assert.Matches(@"\| cw +\| l2 +\| nearest image +\| 2,000", _client.Output);
        Assert.Contains("fog-1 to fog-5", _client.Output, StringComparison.Ordinal);
        Assert.Contains("transfer:CHECKPOINT", _client.Output, StringComparison.Ordinal);
        Assert.Contains("afa evaluate my-run --attack autoattack", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DataVerify_NoFiles_SaysWhereItLookedAndHowToGetThem()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("data", "verify", "cifar-10", "--data-dir", _client.Folder));
        Assert.Contains(_client.Folder, _client.Error, StringComparison.Ordinal);
        Assert.Contains("download", _client.Error, StringComparison.Ordinal);
    }
}
