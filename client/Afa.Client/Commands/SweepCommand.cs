using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Sweeps;

namespace Afa.Client.Commands;

/// <summary>Trains and evaluates many variants, places in a grid or random draws, each with several seeds, as one job.</summary>
internal sealed class SweepCommand : ClientCommand
{
    private readonly ClientContext _context;

    private readonly Argument<string?> _description = new("FILE")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "YAML or JSON file with any of name, base, variants, grid, random, trials, seed, seeds, evaluation (docs/sweeps.md). Flags win over it; --grid and --random add to it.",
    };

    private readonly IReadOnlyList<SettingOption> _flags = [.. TrainingFlags.Create().Where(flag => flag.Key != "seed")];
    private readonly Option<string?> _file = new("--options") { HelpName = "FILE", Description = "YAML or JSON file of training options of all trials; flags and --set win over it." };
    private readonly Option<string[]> _set = new("--set") { HelpName = "KEY=VALUE", Description = "Sets any training option of all trials. Can be repeated; wins over flags." };

    private readonly Option<string[]> _grid = new(SweepFlags.Grid)
    {
        HelpName = "KEY=VALUE,...",
        Description = "Tries each value of a training option, with each of the others. Can be repeated.",
    };

    private readonly Option<string[]> _random = new(SweepFlags.Random)
    {
        HelpName = "KEY=LOW..HIGH[:log]",
        Description = "Draws a training option from a range, or from KEY=VALUE,..., for each of the --trials. Can be repeated.",
    };

    private readonly Option<int?> _trials = new("--trials") { HelpName = "N", Description = "How often the random options are drawn." };
    private readonly Option<ulong?> _drawSeed = new("--draw-seed") { HelpName = "N", Description = "Decides the random draws. [default: 0]" };
    private readonly Option<string?> _seeds = new(SweepFlags.Seeds) { HelpName = "N,...", Description = "Seeds that everything is trained with. [default: 0]" };

    private readonly Option<string[]> _attack = new("--attack")
    {
        HelpName = "NAME,...",
        AllowMultipleArgumentsPerToken = true,
        Description = $"Attacks of each evaluation, as for 'afa evaluate'. [default: {string.Join(",", new EvaluationOptions().Attacks)}]",
    };

    private readonly SettingOption _images = SharedOptions.Images();

    private readonly Option<string[]> _setEvaluation = new("--set-evaluation")
    {
        HelpName = "KEY=VALUE",
        Description = "Sets any evaluation option, such as epsilons=4/255,8/255. Without it: as in the trial's training. Can be repeated.",
    };

    private readonly Option<string?> _name = new("--name") { HelpName = "NAME", Description = "Name of the sweep, with which the names of its runs begin. Without it, one is made from the time." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Lists the trials and an estimate of their work, and starts nothing." };

    private readonly Option<string?> _resume = new("--resume")
    {
        HelpName = "NAME",
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Goes on with a sweep: finished trials are not run again, failed ones are tried again. Without a name: the newest that is not complete.",
    };

    private readonly SessionFlags _session = new(takesDevices: true);
    private readonly Option<string?> _report = new("--report") { HelpName = "DIR", Description = "Folder for the report. Without it: sweeps/NAME/report in the store, or in afa-reports here if the store is a container." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public SweepCommand(ClientContext context)
        : base(
            "sweep",
            $"Trains and attacks many variants, as one job of up to {SweepSpace.MostTrials} trials, and prints a table of means over seeds. Trials use one trainer unless told otherwise, so that one runs on each device slot. " +
            "Each is a run and an evaluation as usual: 'afa runs', 'afa leaderboard' and 'afa report' know them. Ctrl-C pauses with checkpoints.",
            "afa sweep --grid afa.temperature=0.05,0.1,0.2 --grid head.images=clean,adversarial --seeds 0,1,2 --attack pgd-20 --name temperatures",
            "afa sweep --random optimizer.learningRate=0.01..0.5:log --trials 20 --method trades --epochs 2",
            "afa sweep study.yaml --dry-run",
            "afa sweep study.yaml",
            "afa sweep --resume",
            "afa sweep --resume temperatures")
    {
        _context = context;
        Arguments.Add(_description);
        foreach (var option in Starting.Concat<Option>([_resume, .. _session.All, _report, _json]))
        {
            Options.Add(option);
        }

        SetAction((parsed, _) => RunAsync(parsed));
    }

    /// <summary>Options that a resumed sweep already has.</summary>
    private IEnumerable<Option> Starting => [_grid, _random, _trials, _drawSeed, _seeds, _attack, _images, _setEvaluation, _name, _dryRun, .. _flags, _file, _set];

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        if (parsed.GetResult(_resume) is not null)
        {
            return await ResumeAsync(parsed, output);
        }

        var problems = new List<string>();
        var request = Request(parsed, problems);
        var plan = SweepPlanner.Create(request, problems);
        problems.AddRange(NameProblems(request.Name ?? "sweep-20261231-235959", plan, isChosen: request.Name is not null));
        UsageException.ThrowIfAny(problems);
        if (parsed.GetValue(_dryRun))
        {
            SweepListing.Write(output, plan);
            return ExitCode.Success;
        }

        await using var session = await _session.OpenAsync(parsed, _context, StoreUse.Create);
        foreach (var trial in plan.Trials.DistinctBy(trial => (trial.Training.Dataset, trial.Training.DataDirectory, trial.Training.Generated, trial.Evaluation.Images)))
        {
            session.RequireData(trial.Training, trial.Evaluation.Images);
        }

        var job = new SweepJob(session.Control, _context, output, session.Store);
        var name = request.Name ?? await job.NewNameAsync();
        await job.StartAsync(name, await WithTransfersAsync(plan, session.Control));
        return await job.FinishAsync(name, known: null, parsed.GetValue(_report));
    }

    private async Task<int> ResumeAsync(ParseResult parsed, ClientOutput output)
    {
        var given = Starting.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name).ToList();
        if (parsed.GetValue(_description) is not null)
        {
            given.Insert(0, "FILE");
        }

        if (given.Count > 0)
        {
            throw new UsageException($"--resume goes on with the trials that the sweep was started with; leave out {string.Join(", ", given)}, or start a new sweep.");
        }

        await using var session = await _session.OpenAsync(parsed, _context, StoreUse.Read);
        var job = new SweepJob(session.Control, _context, output, session.Store);
        var known = await job.ResumeAsync(parsed.GetValue(_resume));
        return await job.FinishAsync(known.Sweep, known, parsed.GetValue(_report));
    }

    private SweepRequest Request(ParseResult parsed, List<string> problems)
    {
        var file = parsed.GetValue(_description) is { } path ? SweepFile.Read(path, problems) : new SweepRequest();
        return file with
        {
            Name = parsed.GetValue(_name) ?? file.Name,
            Base =
            [
                .. file.Base,
                .. parsed.GetValue(_file) is { } options ? OptionsFile.Read(options) : [],
                .. _flags.Select(flag => flag.Read(parsed)).OfType<Setting>(),
                .. OptionsReader.ReadAssignments(parsed.GetValue(_set) ?? [], problems),
            ],
            Space = file.Space with
            {
                Grid = [.. file.Space.Grid, .. SweepFlags.Axes(parsed.GetValue(_grid) ?? [], problems)],
                Random = [.. file.Space.Random, .. SweepFlags.RandomOptions(parsed.GetValue(_random) ?? [], problems)],
                Draws = parsed.GetValue(_trials) ?? file.Space.Draws,
                DrawSeed = parsed.GetValue(_drawSeed) ?? file.Space.DrawSeed,
                Seeds = parsed.GetValue(_seeds) is { } seeds ? SweepFlags.ReadSeeds(seeds, problems) : file.Space.Seeds,
            },
            Evaluation =
            [
                .. file.Evaluation,
                .. parsed.GetResult(_attack) is null ? Array.Empty<Setting>() : [new Setting("attacks", string.Join(',', parsed.GetValue(_attack)!), _attack.Name)],
                .. _images.Read(parsed) is { } images ? [images] : Array.Empty<Setting>(),
                .. OptionsReader.ReadAssignments(parsed.GetValue(_setEvaluation) ?? [], problems, _setEvaluation.Name),
            ],
        };
    }

    private static IEnumerable<string> NameProblems(string name, SweepPlan plan, bool isChosen)
    {
        if (!WorkName.IsValid(name))
        {
            return [WorkName.Rule(name)];
        }

        return plan.Trials.Select(trial => trial.Run(name)).Where(run => !WorkName.IsValid(run)).Take(1).Select(run =>
            $"The name of the run '{run}' would be longer than 64 characters; choose a shorter name for the {(isChosen ? "sweep or the variant" : "variant, or a short --name for the sweep")}.");
    }

    /// <summary>Replaces the names of runs in transfer attacks by those of their checkpoints.</summary>
    private async Task<SweepPlan> WithTransfersAsync(SweepPlan plan, IAfaControl control)
    {
        var attacks = new Dictionary<string, string>();
        foreach (var attack in plan.Trials.SelectMany(trial => trial.Evaluation.Attacks).Distinct())
        {
            attacks[attack] = await AttackNames.MapTransfersAsync(attack, async name => (await CheckpointLookup.FindAsync(control, name, _context.Interrupt)).Name);
        }

        return plan with
        {
            Trials = [.. plan.Trials.Select(trial => trial with { Evaluation = trial.Evaluation with { Attacks = [.. trial.Evaluation.Attacks.Select(attack => attacks[attack]).Distinct()] } })],
        };
    }
}
