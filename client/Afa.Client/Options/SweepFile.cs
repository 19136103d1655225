using System.Globalization;
using Afa.Sweeps;

namespace Afa.Client.Options;

/// <summary>Reads the description of a sweep from a YAML or JSON file.</summary>
internal sealed class SweepFile
{
    private static readonly IReadOnlyList<string> s_keys = ["name", "base", "variants", "grid", "random", "trials", "seed", "seeds", "evaluation"];

    private readonly string _path;
    private readonly List<string> _problems;

    private SweepFile(string path, List<string> problems)
    {
        _path = path;
        _problems = problems;
    }

    /// <summary>Collects every problem instead of stopping at the first.</summary>
    /// <exception cref="UsageException">The file does not exist or cannot be read.</exception>
    public static SweepRequest Read(string path, List<string> problems)
    {
        var root = OptionsTree.Read(path, "FILE");
        if (root?.Members is null)
        {
            throw new UsageException($"FILE: {path} must hold keys and values; known keys: {string.Join(", ", s_keys)}.");
        }

        return new SweepFile(path, problems).Read(root);
    }

    private SweepRequest Read(OptionsNode root)
    {
        var request = new SweepRequest();
        foreach (var (key, value) in root.Members!)
        {
            request = key switch
            {
                "name" => request with { Name = value.Text },
                "base" => request with { Base = [.. Settings(value, key)] },
                "evaluation" => request with { Evaluation = [.. Settings(value, key)] },
                _ => request with { Space = Read(request.Space, key, value) },
            };
        }

        return request;
    }

    private SweepSpace Read(SweepSpace space, string key, OptionsNode value)
    {
        switch (key)
        {
            case "variants":
                return space with { Variants = [.. Variants(value)] };
            case "grid":
                return space with { Grid = [.. Leaves(value, key, _ => false).Select(leaf => new SweepAxis(leaf.Key, Values(leaf.Value)))] };
            case "random":
                return space with { Random = [.. Leaves(value, key, IsRange).Select(leaf => RandomOption(leaf.Key, leaf.Value)).OfType<RandomOption>()] };
            case "trials":
                return space with { Draws = Number(value, key, text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null, 0) };
            case "seed":
                return space with { DrawSeed = Number(value, key, Seed, 0UL) };
            case "seeds":
                return space with { Seeds = [.. (value.Items ?? [value]).Select(item => Number(item, key, Seed, 0UL))] };
            default:
                var hint = ClosestName.Find(key, s_keys) is { } closest ? $"; did you mean '{closest}'?" : ".";
                _problems.Add($"{_path}: unknown key '{key}'{hint} Known keys: {string.Join(", ", s_keys)}.");
                return space;
        }
    }

    private IEnumerable<SweepVariant> Variants(OptionsNode value)
    {
        foreach (var item in value.Items ?? [])
        {
            var name = item.Members?.FirstOrDefault(member => member.Key == "name").Value?.Text;
            if (name is null || item.Members!.Any(member => member.Key is not ("name" or "set")))
            {
                _problems.Add($"{_path}: variants: each needs a name and the options that it sets, such as {{name: afa-clean, set: {{method: afa}}}}.");
                continue;
            }

            yield return new SweepVariant(name, [.. item.Members!.Where(member => member.Key == "set")
                .SelectMany(member => Settings(member.Value, $"variant '{name}'")).Select(setting => new SweepSetting(setting.Key, setting.Text))]);
        }

        if (value.Items is null)
        {
            _problems.Add($"{_path}: variants must be a list.");
        }
    }

    private RandomOption? RandomOption(string key, OptionsNode value)
    {
        if (value.Members is null)
        {
            return new RandomChoice(key, Values(value));
        }

        var range = value.Members.ToLookup(member => member.Key, member => member.Value.Text);
        return SweepFlags.Range(key, range["min"].LastOrDefault(), range["max"].LastOrDefault(), range["scale"].LastOrDefault() ?? "linear", $"{_path}: random", _problems);
    }

    private static bool IsRange(OptionsNode node) => node.Members?.Any(member => member.Key is "min" or "max") == true;

    private static IReadOnlyList<string?> Values(OptionsNode node) => [.. (node.Items ?? [node]).Select(Text)];

    /// <summary>A list within is the value of an option that takes several.</summary>
    private static string? Text(OptionsNode node) => node.Items is { } items ? string.Join(',', items.Select(item => item.Text)) : node.Text;

    private IEnumerable<Setting> Settings(OptionsNode value, string name) => Leaves(value, name, _ => false).Select(leaf => new Setting(leaf.Key, Text(leaf.Value), _path));

    /// <summary>What lies below a mapping, with keys joined by dots.</summary>
    private IEnumerable<(string Key, OptionsNode Value)> Leaves(OptionsNode node, string name, Func<OptionsNode, bool> isLeaf)
    {
        if (node.Members is not null)
        {
            return node.Members.SelectMany(member => Below(member.Key, member.Value));
        }

        if (node.Items is not null || node.Text is not null)
        {
            _problems.Add($"{_path}: {name} must hold keys and values.");
        }

        return [];

        IEnumerable<(string, OptionsNode)> Below(string key, OptionsNode value) =>
            value.Members is null || isLeaf(value) ? [(key, value)] : value.Members.SelectMany(member => Below($"{key}.{member.Key}", member.Value));
    }

    private T Number<T>(OptionsNode node, string key, Func<string, T?> parse, T otherwise)
        where T : struct
    {
        if (node.Text is { } text && parse(text) is { } number)
        {
            return number;
        }

        _problems.Add($"{_path}: {key} must be {(key == "seeds" ? "whole numbers of at least 0" : "a whole number of at least 0")}, not '{Text(node)}'.");
        return otherwise;
    }

    private static ulong? Seed(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : null;
}
