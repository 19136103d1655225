using System.CommandLine;
using Afa.Attacks;
using Afa.Client.Control;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Client.Reports;
using Afa.Data;
using Afa.Evaluation;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Attacks a stored checkpoint.</summary>
internal sealed class EvaluateCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _checkpoint = new("CHECKPOINT") { Description = "Name of a stored checkpoint, or of a run: its final or newest checkpoint." };
    private readonly SettingOption _dataset = new("--dataset", "dataset", "NAME", $"One of {string.Join(", ", DatasetRegistry.Names)}. Without it: what the run was trained on.");
    private readonly IReadOnlyList<SettingOption> _flags;

    private readonly Option<string[]> _attack = new("--attack")
    {
        HelpName = "NAME,...",
        AllowMultipleArgumentsPerToken = true,
        Description = $"Any of clean, {string.Join(", ", AttackRegistry.Names)}. [default: {string.Join(",", new EvaluationOptions().Attacks)}]",
    };

    private readonly Option<string?> _store = SharedOptions.Store();
    private readonly Option<string?> _report = new("--report") { HelpName = "DIR", Description = "Writes report.html, report.md and result.json into this folder." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public EvaluateCommand(ClientContext context)
        : base(
            "evaluate",
            "Attacks a stored checkpoint and prints its accuracies with 95 % intervals.",
            "afa evaluate my-run",
            "afa evaluate my-run --attack pgd-50 --images 10000 --report my-report",
            "afa evaluate my-run --epsilon 8/255 --json")
    {
        _context = context;
        _flags =
        [
            _dataset,
            new("--norm", "norm", SettingOption.Choices<AttackNorm>(), "How the radius is measured. Without it: as in training."),
            new("--epsilon", "epsilon", "RADIUS", "Radius of the attacks, such as 0.1 or 8/255, pixels in [0, 1]. Without it: as in training."),
            SharedOptions.Images(),
            new("--batch-size", "batchSize", "N", "Images attacked at a time.", $"{new EvaluationOptions().BatchSize}"),
            new("--seed", "seed", "N", "Of the random starts. Without it: as in training."),
            SharedOptions.DataDirectory(),
        ];

        Arguments.Add(_checkpoint);
        foreach (var option in _flags.Concat<Option>([_attack, _store, _report, _json]))
        {
            Options.Add(option);
        }

        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var settings = _flags.Select(flag => flag.Read(parsed)).OfType<Setting>().ToList();
        if (parsed.GetResult(_attack) is not null)
        {
            // "clean" is always evaluated; alone, it asks for no attack.
            var attacks = parsed.GetValue(_attack)!.SelectMany(names => names.Split(',', StringSplitOptions.TrimEntries)).Where(name => name != "clean");
            settings.Add(new Setting("attacks", string.Join(',', attacks), _attack.Name));
        }

        // Once before the cluster is started, so that a mistake is reported at once; again when the run's defaults are known.
        _ = Read(new EvaluationOptions(), settings);
        if (parsed.GetResult(_dataset) is not null)
        {
            ClosestName.Require("data set", parsed.GetValue(_dataset)!, DatasetRegistry.Names);
        }

        var store = _context.ExistingStoreDirectory(parsed.GetValue(_store));
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        await using var session = await _context.Connect(store, _context.Interrupt);
        var checkpoint = await CheckpointLookup.FindAsync(session.Control, parsed.GetValue(_checkpoint)!, _context.Interrupt);
        var run = await session.Control.GetTrainingAsync(checkpoint.Run, _context.Interrupt);
        var options = Read(Defaults(checkpoint, run, parsed.GetValue(_dataset)), settings);

        output.WritePairs([("Checkpoint", checkpoint.Name), ("Model", checkpoint.Model), ("Store", store)]);
        var name = RunName.Create($"{checkpoint.Run}-evaluation", _context.Clock.GetLocalNow());
        var result = await output.WithProgressAsync(view => new EvaluationFollower(session.Control, _context.Clock).EvaluateAsync(name, options, view, _context.Interrupt));
        ResultTable.Write(output, result);
        if (parsed.GetValue(_report) is { } directory)
        {
            output.Text.WriteLine($"Report: {ReportWriter.Write(directory, run, result)}");
        }

        output.WriteDocument(RunDocument.Create(result));
        return ExitCode.Success;
    }

    /// <summary>The threat model of the training; on another data set, that one's usual.</summary>
    private static EvaluationOptions Defaults(CheckpointSummary checkpoint, TrainingRunStatus? run, string? dataset)
    {
        var training = run is null ? null : TrainingJob.Options(run);
        return training is not null && (dataset is null || dataset == training.Dataset)
            ? TrainingJob.EvaluationOptions(training, checkpoint.Name)
            : new EvaluationOptions { Checkpoint = checkpoint.Name };
    }

    private static EvaluationOptions Read(EvaluationOptions defaults, List<Setting> settings)
    {
        var problems = new List<string>();
        var options = OptionsReader.Read(defaults, settings, problems);
        UsageException.ThrowIfAny(problems);
        return options;
    }
}
