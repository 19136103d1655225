using System.CommandLine;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Data;

namespace Afa.Client.Commands;

/// <summary>Converts a data set into memory-mapped files.</summary>
internal sealed class DataConvertCommand : ClientCommand
{
    private readonly ClientContext _context;

    private readonly Argument<string> _source = new("SOURCE")
    {
        Description = $"One of {DatasetName.Choices}; or an .npz file of generated images.",
    };

    private readonly Argument<string> _target = new("TARGET") { Description = "A new folder for the files." };
    private readonly Option<string?> _directory = new("--data-dir") { HelpName = "DIR", Description = "Folder with the files of a data set with a name. Without it, the usual places are searched." };
    private readonly IReadOnlyList<SettingOption> _flags;
    private readonly Option<bool> _json = SharedOptions.Json();

    public DataConvertCommand(ClientContext context)
        : base(
            "convert",
            "Converts a data set into files that are mapped into memory: they load at once, take no memory, and are checked as they are used. " +
            "Train on them with --dataset TARGET, or mix generated images in with --generated TARGET.",
            "afa data convert ./photos ./photos-64 --size 64   # then: afa train --dataset ./photos-64",
            "afa data convert tiny-imagenet ./tiny",
            "afa data convert 1m.npz ./generated   # then: afa train --dataset cifar-10 --generated ./generated",
            "afa data convert cifar-10 ./skewed --shards 4 --plan dirichlet --dirichlet-alpha 0.3   # then: afa train --dataset ./skewed --shards 4 --set shardPlan=stored")
    {
        _context = context;
        var defaults = new ConversionOptions();
        _flags =
        [
            new("--size", "size", "PIXELS", "Brings the images of a folder to this height and width. Without it, all must have the size of the first."),
            new("--shards", "shards", "N", "Files that the training images are divided into.", $"{defaults.Shards}"),
            new("--plan", "plan", string.Join('|', new[] { ShardPlanKind.Contiguous, ShardPlanKind.RoundRobin, ShardPlanKind.ClassBalanced, ShardPlanKind.Dirichlet }.Select(StatusText.Name)), "How they are divided.", StatusText.Name(defaults.Plan)),
            new("--dirichlet-alpha", "dirichletAlpha", "ALPHA", "Of the plan dirichlet: small is skewed, 100 nearly balanced.", StatusText.Number(defaults.DirichletAlpha)),
            new("--seed", "seed", "N", "Of the plan's draws.", $"{defaults.Seed}"),
        ];
        Arguments.Add(_source);
        Arguments.Add(_target);
        foreach (var option in _flags.Concat<Option>([_directory, _json]))
        {
            Options.Add(option);
        }

        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var (source, target) = (parsed.GetValue(_source)!, Path.GetFullPath(parsed.GetValue(_target)!));
        var problems = new List<string>();
        var options = OptionsReader.Read(new ConversionOptions(), _flags.Select(flag => flag.Read(parsed)).OfType<Setting>(), problems);
        UsageException.ThrowIfAny(problems);
        if (!source.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
        {
            source = DatasetName.Resolve(source);
        }

        if (Path.Exists(target))
        {
            throw new UsageException($"{target} exists already. Name a new folder, or remove that one.");
        }

        var output = new ClientOutput(_context, parsed.GetValue(_json));
        var splits = await output.WithProgressAsync(view => Task.Run(() => DatasetConverter.Convert(
            source, parsed.GetValue(_directory), target, options, new PassProgress(view, _context.Clock, "converting"), _context.Interrupt)));
        foreach (var (split, sizes) in splits)
        {
            output.Text.WriteLine($"{StatusText.Name(split)}: {StatusText.Count(sizes.Sum(), "image")}{(sizes.Count > 1 ? $" in {sizes.Count} files of {string.Join(", ", sizes)}" : "")}");
        }

        output.Text.WriteLine($"Converted into {target}.");
        output.WriteDocument(new { Folder = target, Splits = splits.Select(split => new { split.Split, split.FileSizes }) });
        return ExitCode.Success;
    }
}
