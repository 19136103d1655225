using Afa.Client.Options;
using Afa.Sweeps;
using Xunit;

namespace Afa.Client.Tests.Options;

public sealed class SweepFileTests : IDisposable
{
    private const string Yaml = """
        name: my-sweep
        base:
          epochs: 1
          attack: {steps: 3}
        variants:
          - name: ce
            set: {method: ce}
          - name: afa-adv
            set:
              method: afa
              head: {images: adversarial}
        grid:
          afa.temperature: [0.05, 0.1]
          attack: {norm: [linf, l2]}
        random:
          optimizer: {learningRate: {min: 0.01, max: 0.5, scale: log}}
          epochs: {min: 1, max: 3}
          model: [small-cnn, resnet-18]
        trials: 20
        seed: 5
        seeds: [0, 1, 2]
        evaluation:
          attacks: [pgd-20, autoattack]
          images: 500
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("afa-sweeps-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_AllKeys_GivesTheWholeDescription()
    {
        var problems = new List<string>();
        var request = Read("a.yaml", Yaml, problems);

        Assert.Empty(problems);
        Assert.Equal("my-sweep", request.Name);
        Assert.Equal([("epochs", "1"), ("attack.steps", "3")], request.Base.Select(setting => (setting.Key, setting.Text)));
        Assert.Equal(["ce: method=ce", "afa-adv: method=afa, head.images=adversarial"], request.Space.Variants.Select(Text));
        Assert.Equal([("afa.temperature", "0.05,0.1"), ("attack.norm", "linf,l2")], request.Space.Grid.Select(axis => (axis.Key, string.Join(',', axis.Values))));
        Assert.Equal(
            [new RandomRange("optimizer.learningRate", 0.01, 0.5, SweepScale.Log, IsWhole: false), new RandomRange("epochs", 1, 3, SweepScale.Linear, IsWhole: true)],
            request.Space.Random.OfType<RandomRange>());
        Assert.Equal(["small-cnn", "resnet-18"], request.Space.Random.OfType<RandomChoice>().Single().Values);
        Assert.Equal((20, 5ul), (request.Space.Draws, request.Space.DrawSeed));
        Assert.Equal([0ul, 1, 2], request.Space.Seeds);
        Assert.Equal([("attacks", "pgd-20,autoattack"), ("images", "500")], request.Evaluation.Select(setting => (setting.Key, setting.Text)));
    }

    [Fact]
    public void Read_Json_IsReadAlike()
    {
        var problems = new List<string>();
        var request = Read("a.json", """{"variants": [{"name": "ce", "set": {"method": "ce"}}], "grid": {"epochs": [1, 2]}, "seeds": 7}""", problems);

        Assert.Empty(problems);
        Assert.Equal(["ce: method=ce"], request.Space.Variants.Select(Text));
        Assert.Equal(["1", "2"], request.Space.Grid.Single().Values);
        Assert.Equal([7ul], request.Space.Seeds);
    }

    [Fact]
    public void Read_ManyMistakes_TellsAllOfThem()
    {
        var problems = new List<string>();
        Read("a.yaml", "grit: {epochs: [1]}\nbase: 3\nvariants: [{name: a}, {set: {epochs: 1}}, {name: b, sets: {epochs: 1}}]\nrandom: {epochs: {min: 1, max: many}}\ntrials: few\nseeds: [0, -1]\n", problems);

        Assert.Collection(
            problems,
            problem => Assert.Contains("unknown key 'grit'; did you mean 'grid'? Known keys: name, base,", problem, StringComparison.Ordinal),
            problem => Assert.Contains("base must hold keys and values.", problem, StringComparison.Ordinal),
            problem => Assert.Contains("variants: each needs a name and the options that it sets", problem, StringComparison.Ordinal),
            problem => Assert.Contains("variants: each needs a name and the options that it sets", problem, StringComparison.Ordinal),
            problem => Assert.Contains("random: 'epochs' needs two numbers, min and max, and 'linear' or 'log' as its scale, not '1', 'many' and 'linear'.", problem, StringComparison.Ordinal),
            problem => Assert.Contains("trials must be a whole number of at least 0, not 'few'.", problem, StringComparison.Ordinal),
            problem => Assert.Contains("seeds must be whole numbers of at least 0, not '-1'.", problem, StringComparison.Ordinal));
        Assert.All(problems, problem => Assert.StartsWith(Path.Combine(_folder, "a.yaml"), problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a.yaml", "- 1\n")]
    [InlineData("a.yaml", "text")]
    [InlineData("a.yaml", "")]
    [InlineData("a.json", "[1]")]
    public void Read_NoMapping_IsRefused(string name, string text) => Assert.Contains("must hold keys and values", Assert.Throws<UsageException>(() => Read(name, text, [])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("a: &x [1]\nb: *x\n", "not an alias")]
    [InlineData("base: 'open", "cannot be read")]
    [InlineData("base: {a: {b: {c: {d: {e: {f: {g: {h: {i: 1}}}}}}}}}", "nests deeper than 8 levels")]
    [InlineData("? [a]\n: 1\n", "a key must be a text")]
    public void Read_HostileFile_IsRefused(string text, string reason) => Assert.Contains(reason, Assert.Throws<UsageException>(() => Read("a.yaml", text, [])).Message, StringComparison.Ordinal);

    private static string Text(SweepVariant variant) => $"{variant.Name}: {string.Join(", ", variant.Settings.Select(setting => $"{setting.Key}={setting.Text}"))}";

    private SweepRequest Read(string name, string text, List<string> problems)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return SweepFile.Read(path, problems);
    }
}
