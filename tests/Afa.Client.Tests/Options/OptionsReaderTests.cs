using Afa.Client.Options;
using Afa.Evaluation;
using Afa.Losses;
using Afa.Training;
using Xunit;

namespace Afa.Client.Tests.Options;

public sealed class OptionsReaderTests
{
    private readonly List<string> _problems = [];

    [Fact]
    public void Read_NoSettings_GivesTheDefaults()
    {
        Assert.Equal(new TrainingOptions(), Read());
        Assert.Empty(_problems);
    }

    [Fact]
    public void Read_SettingOfEachKind_IsConverted()
    {
        var options = Read(("method", "afa-trades"), ("model", "wide-resnet"), ("epochs", "7"), ("modelWidth", "0.5"), ("modelDepth", "28"), ("seed", "18446744073709551615"),
            ("optimizer.nesterov", "false"), ("attack.epsilon", "8/255"), ("afa.contrast", "clean"), ("head.scope", "fine-tuned"));

        Assert.Empty(_problems);
        Assert.Equal(TrainingMethod.AfaTrades, options.Method);
        Assert.Equal(7, options.Epochs);
        Assert.Equal(0.5, options.ModelWidth);
        Assert.Equal(28, options.ModelDepth);
        Assert.Equal(ulong.MaxValue, options.Seed);
        Assert.False(options.Optimizer.Nesterov);
        Assert.Equal("8/255", options.Attack.Epsilon);
        Assert.Equal(FeatureViews.Clean, options.Afa.Contrast);
        Assert.Equal(HeadScope.FineTuned, options.Head.Scope);
    }

    [Theory]
    [InlineData("afa-trades")]
    [InlineData("afatrades")]
    public void Read_NameWithoutItsHyphens_IsTheSame(string name)
    {
        Assert.Equal(TrainingMethod.AfaTrades, Read(("method", name)).Method);
        Assert.Empty(_problems);
    }

    [Fact]
    public void Read_SameKeyTwice_TakesTheLast() => Assert.Equal(3, Read(("epochs", "2"), ("epochs", "3")).Epochs);

    [Fact]
    public void Read_EmptyText_ResetsAKeyThatMayBeMissing()
    {
        Assert.Null(Read(("attack.epsilon", "0.2"), ("attack.epsilon", "")).Attack.Epsilon);
        Assert.Empty(_problems);
    }

    [Fact]
    public void Read_EmptyTextForANumber_IsAProblem()
    {
        Read(("epochs", ""));

        Assert.Equal("test: epochs must be a whole number up to 2147483647, not ''.", Assert.Single(_problems));
    }

    [Theory]
    [InlineData("epochs", "1.5", "a whole number")]
    [InlineData("epochs", "99999999999", "a whole number")]
    [InlineData("seed", "-1", "a whole number of at least 0")]
    [InlineData("modelWidth", "NaN", "a number")]
    [InlineData("modelWidth", "Infinity", "a number")]
    [InlineData("optimizer.nesterov", "yes", "true or false")]
    [InlineData("method", "1", "one of afa, afa-trades, ce, pgd-at, trades, mart, supcon, fast-at, free-at")]
    [InlineData("method", "Afa", "one of afa, afa-trades, ce, pgd-at, trades, mart, supcon, fast-at, free-at")]
    public void Read_TextOfAnotherType_NamesKeyValueAndWhatIsNeeded(string key, string text, string expected)
    {
        Read((key, text));

        var problem = Assert.Single(_problems);
        Assert.StartsWith($"test: {key} must be {expected}", problem, StringComparison.Ordinal);
        Assert.EndsWith($"not '{text}'.", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_UnknownKeys_AreRefusedWithTheKnownOnesListedOnce()
    {
        Read(("epoch", "3"), ("attack", "pgd"));

        Assert.Equal(2, _problems.Count);
        Assert.Contains("unknown key 'epoch'; did you mean 'epochs'?", _problems[0], StringComparison.Ordinal);
        Assert.Contains("optimizer.learningRate, ", _problems[0], StringComparison.Ordinal);
        Assert.DoesNotContain("optimizer.learningRate", _problems[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SeveralProblems_ReportsAll()
    {
        Read(("epochs", "0"), ("dataset", "imagenet"), ("model", "vgg"), ("trainers", "3"), ("seed", "x"), ("attack.steps", "0"));

        Assert.Equal(6, _problems.Count);
    }

    [Fact]
    public void Read_Attacks_AreSplitAtCommas()
    {
        var options = OptionsReader.Read(new EvaluationOptions(), [new Setting("attacks", "fgsm, pgd-50", "test")], _problems);

        Assert.Equal(["fgsm", "pgd-50"], options.Attacks);
    }

    [Fact]
    public void ReadAssignments_WithoutEquals_IsAProblem()
    {
        var settings = OptionsReader.ReadAssignments(["epochs", "a.b=c=d"], _problems).ToList();

        Assert.Equal([new Setting("a.b", "c=d", "--set")], settings);
        Assert.Contains("'epochs'", Assert.Single(_problems), StringComparison.Ordinal);
    }

    private TrainingOptions Read(params (string Key, string Text)[] settings) =>
        OptionsReader.Read(new TrainingOptions(), settings.Select(setting => new Setting(setting.Key, setting.Text, "test")), _problems);
}
