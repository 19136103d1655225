using Afa.Federation;
using Afa.Training;

namespace Afa.Client.Options;

/// <summary>Builds the options of a federation from what a user set.</summary>
internal static class FederationReader
{
    /// <summary>Training options that follow from those of the federation.</summary>
    private static readonly (string Key, string DecidedBy, Func<TrainingOptions, int> Value)[] s_decided =
    [
        ("training.epochs", "rounds", training => training.Epochs),
        ("training.head.epochs", "headRounds", training => training.Head.Epochs),
        ("training.shards", "participants", training => training.Shards),
        ("training.trainers", "participants", training => training.Trainers),
    ];

    /// <summary>Applies settings to the defaults; the last one wins. Collects every problem instead of stopping at the first.</summary>
    /// <remarks>With owners, all images of each are used unless the settings say otherwise.</remarks>
    /// <returns>The options with full paths; of no use if <paramref name="problems"/> has grown.</returns>
    public static FederationOptions Read(IReadOnlyList<Setting> settings, List<string> problems)
    {
        var defaults = Defaults(settings);
        var before = problems.Count;
        var options = OptionsReader.Read(defaults, settings, problems).WithFullPaths();
        foreach (var (key, decidedBy, value) in s_decided)
        {
            // The options of a stored federation, in which they have a value, may be read back.
            if (value(options.Training) is var given && given != value(defaults.Training) && given != value(options.LocalTraining()))
            {
                problems.Add($"{settings.Last(setting => setting.Key == key).Source}: {key} is decided by {decidedBy}; set that instead.");
            }
        }

        if (problems.Count == before && options.Owners.Count == 0)   // What owners have, only their silos know.
        {
            problems.AddRange(AttackNames.FitProblems(options.Training.Dataset, options.Evaluation.Attacks, options.Training.Attack.Norm).Select(problem => $"evaluation: {problem}"));
        }

        return options;
    }

    /// <summary>An experiment is kept short; owners train on all that they have.</summary>
    private static FederationOptions Defaults(IReadOnlyList<Setting> settings)
    {
        var defaults = new FederationOptions();
        return settings.LastOrDefault(setting => setting.Key == "owners") is { Text.Length: > 0 }
            ? defaults with { Training = defaults.Training with { TrainImages = 0 } }
            : defaults;
    }
}
