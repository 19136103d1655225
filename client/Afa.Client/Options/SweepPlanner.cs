using System.ComponentModel.DataAnnotations;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Data;
using Afa.Evaluation;
using Afa.Sweeps;
using Afa.Training;

namespace Afa.Client.Options;

/// <summary>Makes the trials of a sweep from its description.</summary>
internal static class SweepPlanner
{
    private const int MostNames = 3;

    /// <summary>
    /// One replica for each trial: as many trials then run at once as there are device slots, which is the quickest way through a sweep. The number of
    /// shards, which decides what a step sees, stays.
    /// </summary>
    private static readonly TrainingOptions s_defaults = new() { Trainers = 1 };

    /// <summary>Collects every problem of every trial; a problem that several share is told once.</summary>
    /// <returns>Of no use if <paramref name="problems"/> has grown.</returns>
    public static SweepPlan Create(SweepRequest request, List<string> problems)
    {
        var found = new List<ValidationResult>();
        Validator.TryValidateObject(request.Space, new ValidationContext(request.Space), found, validateAllProperties: true);
        problems.AddRange(found.Select(problem => problem.ErrorMessage!));
        if (request.Base.Any(setting => setting.Key == "seed"))
        {
            problems.Add("base: 'seed' is given by seeds; leave it out.");
        }

        var evaluation = Evaluation(request, problems);
        var plan = new SweepPlan { Varied = Varied(request.Space), Points = [], Trials = [] };
        if (problems.Count > 0)
        {
            return plan;
        }

        var points = request.Space.Points();
        var problemsOfPoints = new List<(string Problem, string Point)>();
        var options = points.Select(point =>
        {
            var ofPoint = new List<string>();
            var read = Read(request, point, evaluation, ofPoint);
            problemsOfPoints.AddRange(ofPoint.Select(problem => (problem, point.Name)));
            return read;
        }).ToList();
        problems.AddRange(problemsOfPoints.GroupBy(pair => pair.Problem, pair => pair.Point).Select(group => $"{Subject([.. group.Distinct()], points.Count)}{group.Key}"));
        return problems.Count > 0 ? plan : plan with
        {
            Points = points,
            Trials = WithTrainingImages([.. request.Space.Seeds.SelectMany(seed => points.Zip(options, (point, read) => Trial(point, seed, read, evaluation)))], problems),
        };
    }

    private static List<string> Varied(SweepSpace space) => [.. space.Grid.Select(axis => axis.Key), .. space.Random.Select(option => option.Key)];

    /// <summary>Evaluation options with attacks whose names are known.</summary>
    private static List<Setting> Evaluation(SweepRequest request, List<string> problems)
    {
        var settings = request.Evaluation.ToList();
        if (settings.Exists(setting => setting.Key == "checkpoints"))
        {
            problems.Add("evaluation: 'checkpoints' are those of the trials; leave it out.");
        }

        for (var i = 0; i < settings.Count; i++)
        {
            if (settings[i].Key == "attacks")
            {
                settings[i] = settings[i] with { Text = string.Join(',', AttackNames.Split([settings[i].Text ?? ""], problems)) };
            }
        }

        return settings;
    }

    private static (TrainingOptions Training, EvaluationOptions Evaluation) Read(SweepRequest request, SweepPoint point, List<Setting> evaluation, List<string> problems)
    {
        var training = OptionsReader.Read(s_defaults, [.. request.Base, .. point.Settings.Select(setting => new Setting(setting.Key, setting.Text, Source(request.Space, setting.Key)))], problems);
        training = training.WithFullPaths();
        if (problems.Count > 0)
        {
            return (training, new EvaluationOptions());
        }

        var options = EvaluationOf(training, evaluation, problems);
        if (problems.Count == 0)
        {
            problems.AddRange(AttackNames.FitProblems(options.Dataset!, options.Attacks, options.Norm).Select(problem => $"evaluation: {problem}"));
        }

        if (options.Norm != training.Attack.Norm && options.Epsilons.Count == 0)
        {
            problems.Add($"evaluation: the norm {StatusText.Name(options.Norm)} needs epsilons: a radius in {StatusText.Name(training.Attack.Norm)} says nothing about it.");
        }

        return (training, options);
    }

    /// <summary>The threat model of the training, as 'afa evaluate' takes it, and what the user set.</summary>
    private static EvaluationOptions EvaluationOf(TrainingOptions training, List<Setting> settings, List<string> problems)
    {
        var dataset = settings.FindLast(setting => setting.Key == "dataset")?.Text;
        var defaults = dataset is null || DatasetRegistry.Resolve(dataset) == training.Dataset ? TrainingJob.EvaluationOptions(training) : new EvaluationOptions { Seed = training.Seed };
        if (settings.Exists(setting => setting.Key == "norm" && setting.Text != StatusText.Name(defaults.Norm)))
        {
            defaults = defaults with { Epsilons = [] };
        }

        return OptionsReader.Read(defaults, settings, problems).WithFullPaths();
    }

    private static SweepTrial Trial(SweepPoint point, ulong seed, (TrainingOptions Training, EvaluationOptions Evaluation) read, List<Setting> evaluation) => new()
    {
        Name = SweepTrial.NameOf(point, seed),
        Point = point.Name,
        Training = read.Training with { Seed = seed },
        Evaluation = evaluation.Exists(setting => setting.Key == "seed") ? read.Evaluation : read.Evaluation with { Seed = seed },
    };

    /// <summary>Counts the images that each trial trains on, each data set once.</summary>
    private static IReadOnlyList<SweepTrial> WithTrainingImages(IReadOnlyList<SweepTrial> trials, List<string> problems)
    {
        var counts = new Dictionary<string, int>();
        foreach (var dataset in trials.Where(trial => trial.Training.TrainImages == 0).Select(trial => trial.Training.Dataset).Distinct())
        {
            try
            {
                counts[dataset] = DatasetLoader.CountTrainingImages(dataset);
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                problems.Add(exception.Message);
                counts[dataset] = 0;
            }
        }

        return [.. trials.Select(trial => trial with { TrainingImages = trial.Training.TrainImages > 0 ? trial.Training.TrainImages : counts[trial.Training.Dataset] })];
    }

    private static string Source(SweepSpace space, string key) =>
        space.Grid.Any(axis => axis.Key == key) ? "grid" : space.Random.Any(option => option.Key == key) ? "random" : "variants";

    private static string Subject(IReadOnlyList<string> names, int points)
    {
        if (names.Count == points)
        {
            return points == 1 ? "" : "all trials: ";
        }

        var rest = names.Count > MostNames ? $" and {names.Count - MostNames} more" : "";
        return $"{(names.Count == 1 ? "point" : "points")} {string.Join(", ", names.Take(MostNames).Select(name => $"'{name}'"))}{rest}: ";
    }
}
