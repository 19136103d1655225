using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Afa.Sweeps;
using CsCheck;
using Xunit;

namespace Afa.Tests.Sweeps;

public sealed class SweepSpaceTests
{
    private static readonly SweepVariant s_ce = new("ce", [new("method", "ce")]);
    private static readonly SweepVariant s_afa = new("afa", [new("method", "afa"), new("head.images", "adversarial")]);
    private static readonly SweepAxis s_temperatures = new("afa.temperature", ["0.05", "0.1"]);
    private static readonly SweepAxis s_steps = new("attack.steps", ["1", "5", "10"]);
    private static readonly RandomRange s_rates = new("optimizer.learningRate", 0.01, 0.5, SweepScale.Log, IsWhole: false);

    [Fact]
    public void Points_OfNothing_IsTheBase()
    {
        var point = Assert.Single(new SweepSpace().Points());

        Assert.Equal("base", point.Name);
        Assert.Empty(point.Settings);
        Assert.Equal(1, new SweepSpace().CountTrials());
    }

    [Fact]
    public void Points_OfVariants_AreTheirSettings()
    {
        var points = new SweepSpace { Variants = [s_ce, s_afa] }.Points();

        Assert.Equal([("ce", "method=ce"), ("afa", "method=afa, head.images=adversarial")], points.Select(point => (point.Name, point.Text)));
    }

    [Fact]
    public void Points_OfAGrid_AreAllCombinationsAndTheLastAxisChangesFastest()
    {
        var points = new SweepSpace { Grid = [s_temperatures, s_steps] }.Points();

        Assert.Equal(
            [
                ("1", "afa.temperature=0.05, attack.steps=1"),
                ("2", "afa.temperature=0.05, attack.steps=5"),
                ("3", "afa.temperature=0.05, attack.steps=10"),
                ("4", "afa.temperature=0.1, attack.steps=1"),
                ("5", "afa.temperature=0.1, attack.steps=5"),
                ("6", "afa.temperature=0.1, attack.steps=10"),
            ],
            points.Select(point => (point.Name, point.Text)));
    }

    [Fact]
    public void Points_OfVariantsGridAndDraws_AreEachWithEach()
    {
        var space = new SweepSpace { Variants = [s_ce, s_afa], Grid = [s_steps], Random = [s_rates], Draws = 4, Seeds = [0, 1] };
        var points = space.Points();

        Assert.Equal(2 * 3 * 4, points.Count);
        Assert.Equal(2 * 2 * 3 * 4, space.CountTrials());
        Assert.Equal(["ce-01", "ce-02"], points.Take(2).Select(point => point.Name));   // Numbers are as long as the longest.
        Assert.Equal("afa-12", points[^1].Name);
        Assert.Equal(["method", "head.images", "attack.steps", "optimizer.learningRate"], points[^1].Settings.Select(setting => setting.Key));
        Assert.Equal(["afa", "ce"], points.Select(point => point.Variant).Distinct().Order());

        // The draws are shared: a difference between variants or places is never one of luck.
        var drawn = points.Select(point => point.Find("optimizer.learningRate")).Chunk(4).ToList();
        Assert.All(drawn, draws => Assert.Equal(drawn[0], draws));
        Assert.Equal(4, drawn[0].Distinct().Count());
    }

    [Fact]
    public void Draws_DependOnSeedDrawAndKeyAlone()
    {
        var alone = Drawn(new SweepSpace { Random = [s_rates], Draws = 5 });
        var others = Drawn(new SweepSpace { Variants = [s_ce], Random = [new RandomChoice("head.images", ["clean", "adversarial"]), s_rates], Draws = 9 });
        var otherSeed = Drawn(new SweepSpace { Random = [s_rates], Draws = 5, DrawSeed = 1 });

        Assert.Equal(alone, others.Take(5));
        Assert.Empty(alone.Intersect(otherSeed));

        var twins = new SweepSpace { Random = [s_rates, s_rates with { Key = "head.learningRate" }], Draws = 20 }.Points();
        Assert.DoesNotContain(twins, point => point.Find("optimizer.learningRate") == point.Find("head.learningRate"));

        static List<string?> Drawn(SweepSpace space) => [.. space.Points().Select(point => point.Find("optimizer.learningRate"))];
    }

    [Fact]
    public void Draws_OnALogScale_AreSpreadEvenlyOverTheDecades()
    {
        var values = new SweepSpace { Random = [s_rates with { Low = 1e-4, High = 1 }], Draws = 1000 }.Points()
            .Select(point => Math.Log10(double.Parse(point.Find("optimizer.learningRate")!, CultureInfo.InvariantCulture))).ToList();

        // 250 are expected in each decade, with a standard deviation of 13.7; 5 of those.
        Assert.All(Enumerable.Range(-4, 4), decade => Assert.InRange(values.Count(value => value >= decade && value < decade + 1), 181, 319));
    }

    [Fact]
    public void Points_OfAnySpace_AreDistinctAndAsManyAsCounted()
    {
        var space = Gen.Select(
            Gen.Int[0, 3], Gen.Int[0, 3].List[0, 3], Gen.Int[0, 4],
            (variants, axes, draws) => new SweepSpace
            {
                Variants = [.. Enumerable.Range(0, variants).Select(i => new SweepVariant($"v{i}", [new("method", $"{i}")]))],
                Grid = [.. axes.Select((values, i) => new SweepAxis($"axis{i}", [.. Enumerable.Range(0, values + 1).Select(value => $"{value}")]))],
                Random = draws == 0 ? [] : [s_rates],
                Draws = draws,
            });

        space.Sample(
            space =>
            {
                var points = space.Points();
                Assert.Empty(Problems(space));
                Assert.Equal(space.CountTrials(), points.Count);
                Assert.Equal(points.Count, points.Select(point => point.Name).Distinct().Count());
                Assert.Equal(points.Count, points.Select(point => point.Text).Distinct().Count());
            },
            iter: 200);
    }

    [Fact]
    public void Validate_ManyMistakes_TellsAllOfThem()
    {
        var problems = Problems(new SweepSpace
        {
            Variants = [s_ce, s_ce, new("Bad name", []), new("twice", [new("epochs", "1"), new("epochs", "2"), new("attack.steps", "3")])],
            Grid = [s_steps, s_steps with { Values = [] }, new("seed", ["1"]), new("epochs2", ["1", "1"])],
            Random = [s_rates with { Low = 0 }, new RandomChoice("x", [])],
            Seeds = [1, 1],
        });

        Assert.Collection(
            problems.Order(StringComparer.Ordinal),
            problem => Assert.Equal("'attack.steps' is varied twice; name it once, in grid or in random.", problem),
            problem => Assert.StartsWith("'seed' is varied by seeds", problem, StringComparison.Ordinal),
            problem => Assert.Equal("grid: 'attack.steps' needs at least one value.", problem),
            problem => Assert.Equal("grid: 'epochs2' has the value '1' twice.", problem),
            problem => Assert.Equal("random: 'optimizer.learningRate' needs min above 0 on a log scale, not 0.", problem),
            problem => Assert.Equal("random: 'x' needs at least one value.", problem),
            problem => Assert.StartsWith("seeds: needs one seed or several different ones", problem, StringComparison.Ordinal),
            problem => Assert.StartsWith("trials: random options need a number of draws", problem, StringComparison.Ordinal),
            problem => Assert.Equal("variant 'twice': sets 'attack.steps', which grid or random vary.", problem),
            problem => Assert.Equal("variant 'twice': sets 'epochs' twice.", problem),
            problem => Assert.Contains("'Bad name' does not fit", problem, StringComparison.Ordinal),
            problem => Assert.Equal("variants: there are several 'ce'.", problem));
    }

    [Fact]
    public void Validate_TooManyTrials_IsRefusedWithoutMakingThem()
    {
        var axis = new SweepAxis("a", [.. Enumerable.Range(0, 1000).Select(value => $"{value}")]);
        Assert.Empty(Problems(new SweepSpace { Grid = [axis] }));
        Assert.Contains("The sweep has 2000 trials; at most 1000 are possible.", Assert.Single(Problems(new SweepSpace { Grid = [axis], Seeds = [0, 1] })), StringComparison.Ordinal);

        var huge = new SweepSpace { Grid = [.. Enumerable.Range(0, 10).Select(i => axis with { Key = $"a{i}" })] };
        Assert.Contains("billions of trials", Assert.Single(Problems(huge)), StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_DrawsWithoutRandomOptions_AreRefused() =>
        Assert.Equal("trials: 5 draws need random options; there are none.", Assert.Single(Problems(new SweepSpace { Draws = 5 })));

    private static List<string> Problems(SweepSpace space)
    {
        var found = new List<ValidationResult>();
        Validator.TryValidateObject(space, new ValidationContext(space), found, validateAllProperties: true);
        return [.. found.Select(problem => problem.ErrorMessage!)];
    }
}
