using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.RegularExpressions;
using Afa.Compute;

namespace Afa.Sweeps;

/// <summary>What a sweep tries: every variant with every value of the grid and every random draw, each with every seed.</summary>
public sealed partial record SweepSpace : IValidatableObject
{
    /// <summary>A sweep has at most so many trials.</summary>
    public const int MostTrials = 1000;

    /// <summary>Empty: only the base.</summary>
    public IReadOnlyList<SweepVariant> Variants { get; init; } = [];

    /// <summary>All values of all axes are combined; the last axis changes fastest.</summary>
    public IReadOnlyList<SweepAxis> Grid { get; init; } = [];

    public IReadOnlyList<RandomOption> Random { get; init; } = [];

    /// <summary>How often <see cref="Random"/> is drawn; 0 without random options.</summary>
    public int Draws { get; init; }

    /// <summary>Decides the random draws.</summary>
    public ulong DrawSeed { get; init; }

    /// <summary>Seeds of the trainings.</summary>
    public IReadOnlyList<ulong> Seeds { get; init; } = [0];

    /// <summary>Trials of the whole sweep, or more than <see cref="MostTrials"/> if there are too many to count.</summary>
    public long CountTrials()
    {
        var count = 1L;
        foreach (var factor in Grid.Select(axis => axis.Values.Count).Append(Math.Max(1, Variants.Count)).Append(Random.Count == 0 ? 1 : Draws).Append(Seeds.Count))
        {
            count = Math.Min(count * factor, int.MaxValue);   // No overflow: both factors are ints.
        }

        return count;
    }

    /// <summary>The points of a valid space: by variant, then by place in the grid, then by draw.</summary>
    /// <remarks>
    /// Draw d of an option depends on (<see cref="DrawSeed"/>, d, the option's key) alone: all variants and places in the grid share their draws, and a
    /// further option, variant or draw leaves those of the others as they were.
    /// </remarks>
    public IReadOnlyList<SweepPoint> Points()
    {
        var combinations = Combinations().ToList();
        var width = combinations.Count.ToString(CultureInfo.InvariantCulture).Length;
        var points = new List<SweepPoint>();
        foreach (var variant in Variants.DefaultIfEmpty(new SweepVariant("", [])))
        {
            for (var i = 0; i < combinations.Count; i++)
            {
                var number = Grid.Count + Random.Count == 0 ? "" : (i + 1).ToString($"D{width}", CultureInfo.InvariantCulture);
                var name = string.Join('-', new[] { variant.Name, number }.Where(part => part.Length > 0));
                points.Add(new SweepPoint(name.Length > 0 ? name : "base", variant.Name, [.. variant.Settings, .. combinations[i]]));
            }
        }

        return points;
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var problem in VariantProblems().Concat(KeyProblems()).Concat(ValueProblems()))
        {
            yield return new(problem);
        }

        if (Seeds.Count == 0 || Seeds.Distinct().Count() < Seeds.Count)
        {
            yield return new($"seeds: needs one seed or several different ones, not [{string.Join(", ", Seeds)}].", [nameof(Seeds)]);
        }

        if (CountTrials() is > MostTrials and var trials)
        {
            yield return new(
                $"The sweep has {(trials == int.MaxValue ? "billions of" : trials.ToString(CultureInfo.InvariantCulture))} trials; at most {MostTrials} are possible. Leave out values, or split it.");
        }
    }

    private IEnumerable<IReadOnlyList<SweepSetting>> Combinations()
    {
        IEnumerable<IReadOnlyList<SweepSetting>> places = [[]];
        foreach (var axis in Grid)
        {
            places = places.SelectMany(place => axis.Values.Select(value => (IReadOnlyList<SweepSetting>)[.. place, new(axis.Key, value)]));
        }

        return Random.Count == 0 ? places : places.SelectMany(place => Enumerable.Range(0, Draws).Select(draw => (IReadOnlyList<SweepSetting>)[.. place, .. Draw(draw)]));
    }

    private IEnumerable<SweepSetting> Draw(int draw) => Random.Select(option =>
    {
        var bits = Seed.Derive(DrawSeed, [(ulong)SeedUse.Sweep, (ulong)draw, .. option.Key.Select(character => (ulong)character)]);
        return new SweepSetting(option.Key, option.At((bits >> 11) * (1.0 / (1UL << 53))));
    });

    private IEnumerable<string> VariantProblems()
    {
        foreach (var variant in Variants.Where(variant => !PartOfName().IsMatch(variant.Name)))
        {
            yield return $"variants: a name must have 1 to 40 of the characters a-z, 0-9 and '-', first a letter or digit; '{variant.Name}' does not fit.";
        }

        foreach (var name in Repeated(Variants.Select(variant => variant.Name)))
        {
            yield return $"variants: there are several '{name}'.";
        }
    }

    private IEnumerable<string> KeyProblems()
    {
        var varied = Grid.Select(axis => axis.Key).Concat(Random.Select(option => option.Key)).ToList();
        foreach (var key in Repeated(varied))
        {
            yield return $"'{key}' is varied twice; name it once, in grid or in random.";
        }

        foreach (var variant in Variants)
        {
            foreach (var key in Repeated(variant.Settings.Select(setting => setting.Key)))
            {
                yield return $"variant '{variant.Name}': sets '{key}' twice.";
            }

            foreach (var key in variant.Settings.Select(setting => setting.Key).Intersect(varied))
            {
                yield return $"variant '{variant.Name}': sets '{key}', which grid or random vary.";
            }
        }

        if (varied.Concat(Variants.SelectMany(variant => variant.Settings).Select(setting => setting.Key)).Contains("seed"))
        {
            yield return "'seed' is varied by seeds, not by variants, grid or random.";
        }
    }

    private IEnumerable<string> ValueProblems()
    {
        foreach (var axis in Grid.Where(axis => axis.Values.Count == 0))
        {
            yield return $"grid: '{axis.Key}' needs at least one value.";
        }

        foreach (var axis in Grid)
        {
            foreach (var value in Repeated(axis.Values.Select(value => value ?? "")))
            {
                yield return $"grid: '{axis.Key}' has the value '{value}' twice.";
            }
        }

        foreach (var option in Random)
        {
            if (option.Problem() is { } problem)
            {
                yield return $"random: '{option.Key}' {problem}.";
            }
        }

        if (Random.Count > 0 != Draws > 0 || Draws < 0)
        {
            yield return Random.Count > 0
                ? $"trials: random options need a number of draws of at least 1, such as 20, not {Draws}."
                : $"trials: {Draws} draws need random options; there are none.";
        }
    }

    private static IEnumerable<string> Repeated(IEnumerable<string> names) => names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,39}\z")]
    private static partial Regex PartOfName();
}
