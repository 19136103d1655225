using System.CommandLine;
using Afa.Attacks;
using Afa.Client.Control;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Evaluation;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Attacks stored checkpoints.</summary>
internal sealed class EvaluateCommand : ClientCommand
{
    private readonly ClientContext _context;

    private readonly Argument<string[]> _checkpoints = new("CHECKPOINT")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "Names of stored checkpoints (RUN/STEP, RUN/best, RUN/last, or in full), of runs (their best checkpoint if they were validated, else the last), or patterns with * and ? such as 'my-run/*', quoted.",
    };

    private readonly Option<string[]> _attack = new("--attack")
    {
        HelpName = "NAME,...",
        AllowMultipleArgumentsPerToken = true,
        Description = $"Any of clean, {string.Join(", ", AttackRegistry.Names)}; a+b runs b on what withstood a. 'afa attacks' describes them. [default: {string.Join(",", new EvaluationOptions().Attacks)}]",
    };

    private readonly SettingOption _dataset = EvaluationFlags.Dataset();
    private readonly IReadOnlyList<SettingOption> _flags = EvaluationFlags.Create();
    private readonly Option<bool> _saveAdversarial = new("--save-adversarial") { Description = "Stores the adversarial images as .npz files." };
    private readonly Option<string?> _name = new("--name") { HelpName = "NAME", Description = "Name of the evaluation. Without it, one is made from run and time." };

    private readonly Option<string?> _resume = new("--resume")
    {
        HelpName = "NAME",
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Goes on with an evaluation that was interrupted. Without a name: the newest that is not complete.",
    };

    private readonly SessionFlags _session = new(takesDevices: true);
    private readonly Option<string?> _report = new("--report") { HelpName = "DIR", Description = "Folder for the report. Without it: evaluations/NAME/report in the store, or in afa-reports here if the store is a container." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public EvaluateCommand(ClientContext context)
        : base(
            "evaluate",
            "Attacks stored checkpoints, prints accuracies with 95 % intervals and writes a report. What Ctrl-C interrupts can be resumed.",
            "afa evaluate my-run",
            "afa evaluate my-run --attack autoattack --norm linf --epsilon 8/255 --images 10000",
            "afa evaluate 'my-run/*' --attack pgd-20,autoattack --epsilon 4/255,8/255   # all checkpoints of a run at two radii",
            "afa evaluate my-run other-run --attack apgd-ce+square,transfer:other-run --name comparison",
            "afa evaluate my-run/last   # not the best by validation",
            "afa evaluate my-run --attack corruptions --json",
            "afa evaluate --resume",
            "afa evaluate --resume comparison")
    {
        _context = context;
        Arguments.Add(_checkpoints);
        foreach (var option in Starting.Concat<Option>([_resume, .. _session.All, _report, _json]))
        {
            Options.Add(option);
        }

        Validators.Add(result =>
        {
            if (result.GetResult(_checkpoints) is null or { Tokens.Count: 0 } && result.GetResult(_resume) is null)
            {
                result.AddError(result.GetResult(_attack) is null
                    ? "A CHECKPOINT is needed: the name of a stored checkpoint or of a run. 'afa checkpoints list' shows them."
                    : "A CHECKPOINT is needed, before --attack: all names after that are taken for attacks.");
            }
        });
        SetAction((parsed, _) => RunAsync(parsed));
    }

    /// <summary>Options that a resumed evaluation already has.</summary>
    private IEnumerable<Option> Starting => [_attack, _dataset, .. _flags, _saveAdversarial, _name];

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var isResume = parsed.GetResult(_resume) is not null;
        var settings = isResume ? [] : Settings(parsed);
        if (isResume)
        {
            RequireNothingElse(parsed);
        }

        var output = new ClientOutput(_context, parsed.GetValue(_json));
        await using var session = await _session.OpenAsync(parsed, _context, StoreUse.Read);
        var job = new EvaluationJob(session.Control, _context, output, session.Store);
        var name = isResume ? await job.ResumeAsync(parsed.GetValue(_resume)) : await StartAsync(parsed, settings, session.Control, job, output);
        return await job.FinishAsync(name, parsed.GetValue(_report));
    }

    /// <summary>What the user set, checked as far as it can be before the cluster is started, so that a mistake is reported at once.</summary>
    private List<Setting> Settings(ParseResult parsed)
    {
        var problems = new List<string>();
        var settings = _flags.Prepend(_dataset).Select(flag => flag.Read(parsed)).OfType<Setting>().ToList();
        if (parsed.GetResult(_attack) is not null)
        {
            settings.Add(new Setting("attacks", string.Join(',', AttackNames.Split(parsed.GetValue(_attack)!, problems)), _attack.Name));
        }

        if (parsed.GetValue(_saveAdversarial))
        {
            settings.Add(new Setting("saveAdversarial", "true", _saveAdversarial.Name));
        }

        if (parsed.GetValue(_name) is { } name && !WorkName.IsValid(name))
        {
            problems.Add(WorkName.Rule(name));
        }

        if (settings.Find(setting => setting.Source == EvaluationFlags.Epsilon) is { Text: var radii } && string.IsNullOrWhiteSpace(radii?.Replace(',', ' ')))
        {
            problems.Add("--epsilon: needs at least one radius, such as 8/255.");
        }

        UsageException.ThrowIfAny(problems);
        if (parsed.GetValue(_dataset) is { } dataset)
        {
            settings[0] = settings[0] with { Text = DatasetName.Resolve(dataset) };   // The first flag that was read.
        }

        // The run's norm is not known yet: a setting is wrong for now if it is wrong in every norm.
        UsageException.ThrowIfAny(Enum.GetValues<AttackNorm>().Select(norm => Problems(settings, norm)).MinBy(found => found.Count)!);
        return settings;
    }

    private static List<string> Problems(List<Setting> settings, AttackNorm norm)
    {
        var problems = new List<string>();
        OptionsReader.Read(new EvaluationOptions { Norm = norm }, settings, problems);
        return problems;
    }

    private void RequireNothingElse(ParseResult parsed)
    {
        var given = Starting.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name).ToList();
        if (parsed.GetValue(_checkpoints) is { Length: > 0 })
        {
            given.Insert(0, "CHECKPOINT");
        }

        if (given.Count > 0)
        {
            throw new UsageException($"--resume goes on with the checkpoints and options that the evaluation was started with; leave out {string.Join(", ", given)}, or start a new evaluation.");
        }
    }

    private async Task<string> StartAsync(ParseResult parsed, List<Setting> settings, IAfaControl control, EvaluationJob job, ClientOutput output)
    {
        var selection = await EvaluationSelection.FindAsync(control, parsed.GetValue(_checkpoints)!, _context.Interrupt);
        var defaults = selection.Defaults(settings.Find(setting => setting.Source == _dataset.Name)?.Text);
        var problems = new List<string>();
        var options = OptionsReader.Read(defaults, settings, problems).WithFullPaths();
        if (options.Norm != defaults.Norm && parsed.GetResult(EvaluationFlags.Epsilon) is null)
        {
            problems.Insert(0, $"--norm {StatusText.Name(options.Norm)} needs --epsilon, such as {(options.Norm == AttackNorm.Linf ? "8/255" : options.Norm == AttackNorm.L2 ? "128/255" : "12")}: a radius in {StatusText.Name(defaults.Norm)} says nothing about it.");
        }

        UsageException.ThrowIfAny(problems);
        options = await selection.WithTransfersAsync(options with { Epsilons = [.. options.Epsilons.Distinct()] });
        if (parsed.GetResult(_dataset) is null)
        {
            selection.RequireOneDataset(options);
        }

        var name = await job.StartAsync(parsed.GetValue(_name), selection.Run, options);
        foreach (var note in selection.Notes)
        {
            output.Text.WriteLine(note);
        }

        return name;
    }
}
