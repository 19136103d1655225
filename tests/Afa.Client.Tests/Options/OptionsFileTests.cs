using Afa.Client.Options;
using Xunit;

namespace Afa.Client.Tests.Options;

public sealed class OptionsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("afa-options-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_Yaml_JoinsNestedKeys()
    {
        var settings = Read("a.yaml", "# a comment\nepochs: 3\nattack:\n  epsilon: 8/255\n  steps: 7\ndataDirectory: ~\nmodel: 'null'\n");

        Assert.Equal([("epochs", "3"), ("attack.epsilon", "8/255"), ("attack.steps", "7"), ("dataDirectory", null), ("model", "null")], settings);
    }

    [Fact]
    public void Read_Json_GivesTheSameAsYaml()
    {
        var settings = Read("a.json", "{\n\t\"epochs\": 3, // a comment\n\t\"attack\": { \"epsilon\": 0.1, \"norm\": \"l2\" }, \"dataDirectory\": null, \"optimizer\": { \"nesterov\": true, }\n}");

        Assert.Equal([("epochs", "3"), ("attack.epsilon", "0.1"), ("attack.norm", "l2"), ("dataDirectory", null), ("optimizer.nesterov", "true")], settings);
    }

    [Theory]
    [InlineData("a.yaml", "evaluation:\n  attacks: [pgd-20, apgd-ce]\nowners:\n- a\n- b\n")]
    [InlineData("a.json", "{\"evaluation\": {\"attacks\": [\"pgd-20\", \"apgd-ce\"]}, \"owners\": [\"a\", \"b\"]}")]
    public void Read_List_IsJoinedByCommas(string name, string text) => Assert.Equal([("evaluation.attacks", "pgd-20,apgd-ce"), ("owners", "a,b")], Read(name, text));

    [Theory]
    [InlineData("a.yaml", "")]
    [InlineData("a.yaml", "# nothing\n")]
    [InlineData("a.json", "{}")]
    public void Read_NothingSet_GivesNoSettings(string name, string text) => Assert.Empty(Read(name, text));

    [Theory]
    [InlineData("a.yaml", "just a text", "must hold keys and values")]
    [InlineData("a.yaml", "- 1\n- 2\n", "must hold keys and values")]
    [InlineData("a.yaml", "epochs: [[1, 2]]", "'epochs' must have a single value")]
    [InlineData("a.yaml", "a: &x 1\nb: *x", "'b' must have a single value")]
    [InlineData("a.yaml", "a: {b: {c: {d: {e: {f: {g: {h: {i: {j: 1}}}}}}}}}", "nests deeper than 8")]
    [InlineData("a.yaml", "epochs: 'open", "cannot be read")]
    [InlineData("a.yaml", "a: b: c", "cannot be read")]
    [InlineData("a.json", "[1]", "must hold keys and values")]
    [InlineData("a.json", "3", "must hold keys and values")]
    [InlineData("a.json", "{\"epochs\": [{\"a\": 1}]}", "'epochs' must have a single value")]
    [InlineData("a.json", "{\"epochs\": 1", "cannot be read")]
    [InlineData("a.json", "", "cannot be read")]
    public void Read_WrongContent_IsRefusedWithFileAndReason(string name, string text, string reason)
    {
        var exception = Assert.Throws<UsageException>(() => Read(name, text));

        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.yaml")]
    [InlineData("a.json")]
    public void Read_DeepNesting_IsRefused(string name) => Assert.Throws<UsageException>(() => Read(name, new string('[', 200_000)));

    [Fact]
    public void Read_TooLarge_IsRefused() => Assert.Throws<UsageException>(() => Read("a.yaml", "# " + new string('x', 300_000)));

    [Fact]
    public void Read_NoSuchFile_IsRefused() => Assert.Throws<UsageException>(() => OptionsFile.Read(Path.Combine(_folder, "none.yaml")));

    private IEnumerable<(string, string?)> Read(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return OptionsFile.Read(path).Select(setting => (setting.Key, setting.Text));
    }
}
