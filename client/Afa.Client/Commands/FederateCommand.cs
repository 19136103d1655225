using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Federation;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Trains one model with several owners of private shards, and has each of them judge it.</summary>
internal sealed class FederateCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly IReadOnlyList<SettingOption> _flags = FederationFlags.Create();

    private readonly Option<bool> _secure = new("--secure") { Description = "Shows the aggregator only the sum of the updates (secure aggregation)." };

    private readonly Option<string[]> _attack = new("--attack")
    {
        HelpName = "NAME,...",
        AllowMultipleArgumentsPerToken = true,
        Description = $"Attacks under which participants judge models, as for 'afa evaluate'. [default: {string.Join(",", new FederatedEvaluationOptions().Attacks)}]",
    };

    private readonly Option<string?> _file = new("--options") { HelpName = "FILE", Description = "YAML or JSON file of options, in which 'training' is a block; flags and --set win over it." };

    private readonly Option<string[]> _set = new("--set")
    {
        HelpName = "KEY=VALUE",
        Description = "Sets any option by its name in the options file, such as training.optimizer.momentum=0.8. Can be repeated; wins over flags.",
    };

    private readonly Option<string?> _name = new("--name") { HelpName = "NAME", Description = "Name of the federation. Without it, one is made from the time." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Shows participants, rounds and an estimate of the work, and starts nothing." };

    private readonly Option<string?> _resume = new("--resume")
    {
        HelpName = "NAME",
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Goes on with a federation from its last finished round. Without a name: the newest that is not complete.",
    };

    private readonly SessionFlags _session = new(takesDevices: true);
    private readonly Option<string?> _report = new("--report") { HelpName = "DIR", Description = "Folder for the report. Without it: federations/NAME/report in the store, or in afa-reports here if the store is a container." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public FederateCommand(ClientContext context)
        : base(
            "federate",
            "Trains one model with several owners of private shards, of whom only updates and counts leave: round by round each trains on its own images and the updates become one. " +
            "Each judges the models under attack on its own test images. Prints a table and writes a report. Ctrl-C pauses after the round.",
            "afa federate",
            "afa federate --participants 10 --split dirichlet --alpha 0.5 --rounds 10 --method trades --name ten",
            "afa federate --attackers 2 --attacker sign-flip --rule trimmed-mean --byzantine 2 --name trimmed   # then: afa report plain trimmed",
            "afa federate --attackers 2 --attacker backdoor --rule krum --byzantine 2",
            "afa federate --strategy fedprox --set strategy.proximalMu=0.1 --fraction 0.5 --local-epochs 2",
            "afa federate --clip 1 --noise 1.1 --delta 0.001 --participants 50 --fraction 0.2   # reports epsilon",
            "afa federate --secure --clip 2",
            "afa federate --owners north,west,south --server http://silo.example:8080",
            "afa federate --owners north,west,south --dataset /data/scans --owner-images 5x1x64x64 --server http://silo.example:8080",
            "afa federate --attack pgd-20,apgd-ce --images 200 --evaluate-every 5 --also my-run,other-run",
            "afa federate --options federation.yaml --set training.optimizer.learningRate=0.05 --dry-run",
            "afa federate --resume",
            "afa federate --resume ten")
    {
        _context = context;
        foreach (var option in Starting.Concat<Option>([_resume, .. _session.All, _report, _json]))
        {
            Options.Add(option);
        }

        SetAction((parsed, _) => RunAsync(parsed));
    }

    /// <summary>Options that a resumed federation already has.</summary>
    private IEnumerable<Option> Starting => [.. _flags, _secure, _attack, _file, _set, _name, _dryRun];

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        if (parsed.GetResult(_resume) is not null)
        {
            return await ResumeAsync(parsed, output);
        }

        var problems = new List<string>();
        var options = FederationReader.Read(Settings(parsed, problems), problems);
        if (parsed.GetValue(_name) is { } chosen && !WorkName.IsValid(chosen))
        {
            problems.Add(WorkName.Rule(chosen));
        }

        UsageException.ThrowIfAny(problems);
        if (parsed.GetValue(_dryRun))
        {
            output.WritePairs(FederationText.Plan(options));
            output.WriteDocument(options);
            return ExitCode.Success;
        }

        await using var session = await _session.OpenAsync(parsed, _context, StoreUse.Create);
        if (options.Owners.Count == 0)
        {
            session.RequireData(options.LocalTraining(), images: null);   // What owners have, only their silos know.
        }

        var job = new FederationJob(session.Control, _context, output, session.Store);
        var name = await job.StartAsync(parsed.GetValue(_name), await WithCheckpointsAsync(options, session.Control));
        return await job.FinishAsync(name, known: null, parsed.GetValue(_report));
    }

    private async Task<int> ResumeAsync(ParseResult parsed, ClientOutput output)
    {
        var given = Starting.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name).ToList();
        if (given.Count > 0)
        {
            throw new UsageException($"--resume goes on with the options that the federation was started with; leave out {string.Join(", ", given)}, or start a new federation.");
        }

        await using var session = await _session.OpenAsync(parsed, _context, StoreUse.Extend);
        var job = new FederationJob(session.Control, _context, output, session.Store);
        var known = await job.ResumeAsync(parsed.GetValue(_resume));
        return await job.FinishAsync(known.Federation, known, parsed.GetValue(_report));
    }

    private List<Setting> Settings(ParseResult parsed, List<string> problems)
    {
        List<Setting> settings =
        [
            .. parsed.GetValue(_file) is { } file ? OptionsFile.Read(file) : [],
            .. _flags.Select(flag => flag.Read(parsed)).OfType<Setting>(),
            .. parsed.GetValue(_secure) ? [new Setting("privacy.secureAggregation", "true", _secure.Name)] : Array.Empty<Setting>(),
        ];
        if (parsed.GetResult(_attack) is not null)
        {
            var found = new List<string>();
            var attacks = AttackNames.Split(parsed.GetValue(_attack)!, found);
            problems.AddRange(found);
            settings.AddRange(found.Count == 0 ? [new Setting("evaluation.attacks", string.Join(',', attacks), _attack.Name)] : Array.Empty<Setting>());
        }

        settings.AddRange(OptionsReader.ReadAssignments(parsed.GetValue(_set) ?? [], problems));
        return settings;
    }

    /// <summary>Replaces what the user calls checkpoints by their names in the store.</summary>
    private async Task<FederationOptions> WithCheckpointsAsync(FederationOptions options, IAfaControl control)
    {
        var others = options.Evaluation.Checkpoints.Count == 0 ? [] : await CheckpointLookup.FindAllAsync(control, options.Evaluation.Checkpoints, _context.Interrupt);
        return options with { Evaluation = options.Evaluation with { Checkpoints = [.. others.Select(checkpoint => checkpoint.Name)] } };
    }
}
