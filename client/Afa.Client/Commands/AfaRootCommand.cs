using System.CommandLine;
using System.CommandLine.Help;

namespace Afa.Client.Commands;

/// <summary>The root of the command tree.</summary>
internal sealed class AfaRootCommand : RootCommand, IHasExamples
{
    public AfaRootCommand(ClientContext context)
        : base("Trains image classifiers that withstand adversarial perturbations (Adversarial Feature Alignment) and measures how well they do.")
    {
        Subcommands.Add(new TrainCommand(context));
        Subcommands.Add(new EvaluateCommand(context));
        Subcommands.Add(new SweepCommand(context));
        Subcommands.Add(new FederateCommand(context));
        Subcommands.Add(new LeaderboardCommand(context));
        Subcommands.Add(new ReportCommand(context));
        Subcommands.Add(new WatchCommand(context));
        Subcommands.Add(new CancelCommand(context));
        Subcommands.Add(new RunsCommand(context));
        Subcommands.Add(new EvaluationsCommand(context));
        Subcommands.Add(new SweepsCommand(context));
        Subcommands.Add(new FederationsCommand(context));
        Subcommands.Add(new CommandGroup(
            "checkpoints",
            "Lists, shows, imports, exports and deletes stored checkpoints.",
            new CheckpointsListCommand(context),
            new CheckpointsShowCommand(context),
            new CheckpointsImportCommand(context),
            new CheckpointsExportCommand(context),
            new CheckpointsDeleteCommand(context)));
        Subcommands.Add(new CommandGroup(
            "data",
            "Lists, verifies, downloads and converts data sets.",
            new DataListCommand(context),
            new DataVerifyCommand(context),
            new DataDownloadCommand(context),
            new DataConvertCommand(context)));
        Subcommands.Add(new ModelsCommand(context));
        Subcommands.Add(new AttacksCommand(context));

        Subcommands.Add(new SiloCommand(context));

        var help = Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
    }

    public IReadOnlyList<string> Examples { get; } =
    [
        "afa train                                  # AFA on Fashion-MNIST, attacked and reported, in minutes",
        "afa train --method pgd-at --epochs 10      # a baseline",
        "afa train --resume                         # go on after a pause, a crash or a kill",
        "afa evaluate my-run --attack autoattack    # attack a run's newest checkpoint again, harder",
        "afa evaluate 'my-run/*' --images 500       # all its checkpoints",
        "afa sweep study.yaml                       # many trainings and their evaluations, as one job",
        "afa federate --attackers 2 --rule krum --byzantine 2   # owners of private shards train one model",
        "afa leaderboard                            # all checkpoints that have been attacked, ranked",
        "afa runs                                   # what has been trained",
        "afa silo                                   # a silo of its own, for afa train --server http://localhost:8080",
    ];
}
