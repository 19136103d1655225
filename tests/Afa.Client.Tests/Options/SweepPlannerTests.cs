using Afa.Attacks;
using Afa.Client.Options;
using Afa.Sweeps;
using Afa.Training;
using SkiaSharp;
using Xunit;

namespace Afa.Client.Tests.Options;

public sealed class SweepPlannerTests
{
    private static readonly SweepVariant s_ce = new("ce", [new("method", "ce")]);
    private static readonly SweepVariant s_afa = new("afa-adv", [new("method", "afa"), new("head.images", "adversarial")]);

    [Fact]
    public void Create_VariantsAndSeeds_HasEachPointWithTheFirstSeedFirst()
    {
        var plan = Plan(new SweepRequest
        {
            Base = [new("epochs", "2", "a.yaml"), new("attack.epsilon", "8/255", "a.yaml")],
            Space = new SweepSpace { Variants = [s_ce, s_afa], Seeds = [3, 4] },
            Evaluation = [new("attacks", "clean,pgd-5", "--attack"), new("images", "50", "--images")],
        });

        Assert.Equal(["ce-s3", "afa-adv-s3", "ce-s4", "afa-adv-s4"], plan.Trials.Select(trial => trial.Name));
        Assert.Equal("study-afa-adv-s3", plan.Trials[1].Run("study"));
        Assert.Equal("study-afa-adv-s3-evaluation", plan.Trials[1].EvaluationName("study"));
        var (training, evaluation) = (plan.Trials[3].Training, plan.Trials[3].Evaluation);
        Assert.Equal((TrainingMethod.Afa, HeadImages.Adversarial, 2, 4ul), (training.Method, training.Head.Images, training.Epochs, training.Seed));
        Assert.Equal((1, new TrainingOptions().Shards), (training.Trainers, training.Shards));   // One slot for each trial; a step sees what it always does.
        Assert.Equal(["pgd-5"], evaluation.Attacks);
        Assert.Equal(["8/255"], evaluation.Epsilons);   // As in training, like the seed.
        Assert.Equal((50, 4ul, 0), (evaluation.Images, evaluation.Seed, evaluation.Checkpoints.Count));
    }

    [Fact]
    public void Create_OptionsGiven_WinOverTheDefaultsOfASweep()
    {
        var plan = Plan(new SweepRequest
        {
            Base = [new("trainers", "2", "--trainers"), new("dataDirectory", "data", "--data-dir")],
            Space = new SweepSpace { Grid = [new("attack.epsilon", ["0.05", "0.1"])] },
            Evaluation = [new("norm", "l2", "x"), new("epsilons", "0.5,1", "x"), new("seed", "9", "x")],
        });

        Assert.All(plan.Trials, trial => Assert.Equal(2, trial.Training.Trainers));
        Assert.All(plan.Trials, trial => Assert.Equal(Path.GetFullPath("data"), trial.Training.DataDirectory));   // A resume may come from another folder.
        Assert.Equal(["0.05", "0.1"], plan.Trials.Select(trial => trial.Training.Attack.Epsilon));
        Assert.All(plan.Trials, trial => Assert.Equal(AttackNorm.L2, trial.Evaluation.Norm));
        Assert.All(plan.Trials, trial => Assert.Equal(["0.5", "1"], trial.Evaluation.Epsilons));
        Assert.All(plan.Trials, trial => Assert.Equal(9ul, trial.Evaluation.Seed));
        Assert.Equal(["attack.epsilon"], plan.Varied);
    }

    [Fact]
    public void Create_WrongOptions_AreToldOfEveryPointAtOnce()
    {
        var problems = new List<string>();
        SweepPlanner.Create(
            new SweepRequest
            {
                Space = new SweepSpace
                {
                    Variants = [s_ce, new("typo", [new("head.image", "clean")]), new("wide", [new("batchSize", "33")])],
                    Grid = [new("afa.temperature", ["0.1", "-1", "warm"])],
                    Seeds = [0, 1],
                },
            },
            problems);

        Assert.Contains("points 'ce-3', 'typo-3', 'wide-3': grid: afa.temperature must be a number, not 'warm'.", problems);
        Assert.Contains(problems, problem => problem.StartsWith("points 'ce-2', 'typo-2', 'wide-2': ", StringComparison.Ordinal) && problem.Contains("-1", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.StartsWith("points 'typo-1', 'typo-2', 'typo-3': variants: unknown key 'head.image'; did you mean 'head.images'?", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.StartsWith("points 'wide-1', 'wide-2', 'wide-3': BatchSize must be a multiple of Shards (2)", StringComparison.Ordinal));
    }

    [Fact]
    public void Create_WrongBase_IsToldOnce()
    {
        var problems = new List<string>();
        SweepPlanner.Create(new SweepRequest { Base = [new("epochs", "0", "--epochs")], Space = new SweepSpace { Variants = [s_ce, s_afa] } }, problems);

        Assert.StartsWith("all trials: Epochs must be in", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("attacks", "pdg-20", "Unknown attack 'pdg-20'. Did you mean 'pgd-20'?")]
    [InlineData("attack", "pgd-20", "unknown key 'attack'; did you mean 'attacks'?")]
    [InlineData("checkpoints", "a", "evaluation: 'checkpoints' are those of the trials; leave it out.")]
    [InlineData("images", "0", "Images must be at least 1, not 0.")]
    [InlineData("norm", "l2", "evaluation: the norm l2 needs epsilons")]
    [InlineData("epsilons", "300", "Epsilon")]
    [InlineData("attacks", "saturate-3", "evaluation: The attack 'saturate-3' changes colors only, but Fashion-MNIST has gray images.")]
    [InlineData("dataset", "fashion-mnits", "Unknown data set 'fashion-mnits'")]
    public void Create_WrongEvaluation_IsRefused(string key, string text, string reason)
    {
        var problems = new List<string>();
        SweepPlanner.Create(new SweepRequest { Evaluation = [new(key, text, "a.yaml")] }, problems);

        Assert.Contains(reason, Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Create_Folder_CountsItsImagesAndTakesItsFullPathAndRefusesWhatNeedsMoreClasses()
    {
        var folder = Directory.CreateTempSubdirectory("afa-planner-").FullName;
        using (var bitmap = new SKBitmap(32, 32))
        using (var png = bitmap.Encode(SKEncodedImageFormat.Png, 100))
        {
            foreach (var image in new[] { "train/a/1", "train/a/2", "train/b/1", "test/a/1" })
            {
                var path = Path.Combine(folder, $"{image}.png");
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, png.ToArray());
            }
        }

        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), folder);
        var request = new SweepRequest { Base = [new("dataset", relative, "a.yaml"), new("trainImages", "0", "a.yaml")], Evaluation = [new("dataset", relative, "a.yaml"), new("epsilons", "0.1", "a.yaml")] };
        var trial = Plan(request).Trials[0];
        Assert.Equal((3, folder, folder), (trial.TrainingImages, trial.Training.Dataset, trial.Evaluation.Dataset));
        Assert.Equal("0.1", Assert.Single(trial.Evaluation.Epsilons));

        var problems = new List<string>();
        SweepPlanner.Create(request with { Evaluation = [new("attacks", "autoattack", "a.yaml")] }, problems);
        Assert.NotEmpty(problems);
        Assert.All(problems, problem => Assert.Contains("needs at least 10 classes, but", problem, StringComparison.Ordinal));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Create_DataSetWithAName_CountsTheImagesOfItsFilesOrThoseThatAreTrainedOn()
    {
        Assert.Equal(60_000, Plan(new SweepRequest { Base = [new("trainImages", "0", "a.yaml")] }).Trials[0].TrainingImages);
        Assert.Equal(50_000, Plan(new SweepRequest { Base = [new("dataset", "cifar-10", "a.yaml"), new("trainImages", "0", "a.yaml")] }).Trials[0].TrainingImages);
        Assert.Equal(1000, Plan(new SweepRequest { Base = [new("trainImages", "1000", "a.yaml")] }).Trials[0].TrainingImages);
    }

    [Fact]
    public void Create_DataFolderOfTheEvaluation_IsMadeFull() =>
        Assert.Equal(Path.GetFullPath("data"), Plan(new SweepRequest { Evaluation = [new("dataDirectory", "data", "a.yaml")] }).Trials[0].Evaluation.DataDirectory);

    [Fact]
    public void Create_SeedInTheBase_IsRefused()
    {
        var problems = new List<string>();
        SweepPlanner.Create(new SweepRequest { Base = [new("seed", "1", "a.yaml")] }, problems);

        Assert.Equal("base: 'seed' is given by seeds; leave it out.", Assert.Single(problems));
    }

    [Fact]
    public void Create_WithTheMostTrials_TakesLittleTime()
    {
        var plan = Plan(new SweepRequest { Space = new SweepSpace { Random = [new RandomRange("optimizer.learningRate", 0.01, 0.1, SweepScale.Linear, IsWhole: false)], Draws = 100, Seeds = [.. Enumerable.Range(0, 10).Select(seed => (ulong)seed)] } });

        Assert.Equal(SweepSpace.MostTrials, plan.Trials.Count);
        Assert.All(plan.Trials, trial => Assert.InRange(trial.Training.Optimizer.LearningRate, 0.01, 0.1));
        Assert.Equal(100, plan.Trials.Select(trial => trial.Training.Optimizer.LearningRate).Distinct().Count());
    }

    private static SweepPlan Plan(SweepRequest request)
    {
        var problems = new List<string>();
        var plan = SweepPlanner.Create(request, problems);
        Assert.Empty(problems);
        return plan;
    }
}
