using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Commands;

/// <summary>Trains, evaluates what came out and writes a report.</summary>
internal sealed class TrainCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly IReadOnlyList<SettingOption> _flags = TrainingFlags.Create();
    private readonly Option<string?> _file = new("--options") { HelpName = "FILE", Description = "YAML or JSON file of options; flags and --set win over it." };

    private readonly Option<string[]> _set = new("--set")
    {
        HelpName = "KEY=VALUE",
        Description = "Sets any option by its name in the options file, such as optimizer.momentum=0.8. Can be repeated; wins over flags.",
    };

    private readonly Option<string?> _run = new("--run") { HelpName = "NAME", Description = "Name of the run. Without it, one is made from data set, method and time." };

    private readonly Option<string?> _resume = new("--resume")
    {
        HelpName = "NAME",
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Goes on with a run from its last checkpoint, with the options it was started with. Without a name: the newest that is not complete.",
    };

    private readonly SessionFlags _session = new(takesDevices: true);
    private readonly Option<bool> _noEvaluate = new("--no-evaluate") { Description = "Does not attack the trained model." };
    private readonly SettingOption _images = SharedOptions.Images();
    private readonly Option<bool> _json = SharedOptions.Json();

    public TrainCommand(ClientContext context)
        : base(
            "train",
            "Trains a model, attacks it, prints a result table and writes a report. Ctrl-C pauses with a checkpoint.",
            "afa train",
            "afa train --method trades --epochs 10 --train-images 0 --run trades-all",
            "afa train --method trades --epochs 50 --ema 0.995 --validation-images 1024 --patience 10",
            "afa train --dataset cifar-10 --model preact-resnet-18 --epsilon 8/255 --attack-steps 10",
            "afa train --dataset cifar-10 --generated 1m.npz --generated-fraction 0.7 --method trades",
            "afa train --dataset ./photos --train-images 0 --images 500",
            "afa train --method trades --awp-gamma 0.005 --schedule multi-step --set optimizer.milestones=0.5,0.75",
            "afa train --method supcon --set augmentation.cropPadding=2",
            "afa train --options robust.yaml --set optimizer.momentum=0.8",
            "afa train --store https://ACCOUNT.blob.core.windows.net/CONTAINER   # key in AFA_STORE_CONNECTION_STRING, or a workload identity",
            "afa train --metrics-port 9464   # curl http://127.0.0.1:9464/metrics",
            "afa train --cluster localhost:30000   # on a silo that 'afa silo' runs",
            "afa train --resume",
            "afa train --resume trades-all")
    {
        _context = context;
        foreach (var option in _flags.Concat<Option>([_file, _set, _run, _resume, .. _session.All, _noEvaluate, _images, _json]))
        {
            Options.Add(option);
        }

        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var problems = new List<string>();
        var isResume = parsed.GetResult(_resume) is not null;
        var name = parsed.GetValue(_run);
        var options = new TrainingOptions();
        if (isResume)
        {
            CheckResume(parsed, problems);
            name = parsed.GetValue(_resume) ?? name;
        }
        else
        {
            options = OptionsReader.Read(options, Settings(parsed, problems), problems).WithFullPaths();
        }

        var evaluation = OptionsReader.Read(new EvaluationOptions(), Given(parsed, _images), problems);
        if (name is not null && !WorkName.IsValid(name))
        {
            problems.Add(WorkName.Rule(name));
        }

        UsageException.ThrowIfAny(problems);

        var output = new ClientOutput(_context, parsed.GetValue(_json));
        await using var session = await _session.OpenAsync(parsed, _context, isResume ? StoreUse.Extend : StoreUse.Create);
        if (!isResume)
        {
            session.RequireData(options, parsed.GetValue(_noEvaluate) ? null : evaluation.Images);
        }

        var job = new TrainingJob(session.Control, _context, output, session.Store);
        var (run, known) = isResume ? await job.ResumeAsync(name) : (await job.StartAsync(name, options), null);
        return await job.FinishAsync(run, known, parsed.GetValue(_noEvaluate) ? null : evaluation.Images);
    }

    private IEnumerable<Setting> Settings(ParseResult parsed, List<string> problems) =>
    [
        .. parsed.GetValue(_file) is { } file ? OptionsFile.Read(file) : [],
        .. Given(parsed, [.. _flags]),
        .. OptionsReader.ReadAssignments(parsed.GetValue(_set) ?? [], problems),
    ];

    private void CheckResume(ParseResult parsed, List<string> problems)
    {
        var given = _flags.Concat<Option>([_file, _set]).Where(option => parsed.GetResult(option) is not null).Select(option => option.Name).ToList();
        if (given.Count > 0)
        {
            problems.Add($"--resume goes on with the options that the run was started with; leave out {string.Join(", ", given)}, or start a new run.");
        }

        if (parsed.GetValue(_resume) is { } resumed && parsed.GetValue(_run) is { } run && run != resumed)
        {
            problems.Add($"--resume and --run name different runs, '{resumed}' and '{run}'; give one of them.");
        }
    }

    private static IEnumerable<Setting> Given(ParseResult parsed, params IReadOnlyList<SettingOption> options) =>
        options.Select(option => option.Read(parsed)).OfType<Setting>();
}
