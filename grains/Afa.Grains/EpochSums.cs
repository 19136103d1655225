using Afa.Training;

namespace Afa.Grains;

/// <summary>Adds up what the trainers report over an epoch.</summary>
internal sealed class EpochSums
{
    public int StepCount { get; set; }

    public double Loss { get; set; }

    public long Images { get; set; }

    public long? CleanCorrect { get; set; }

    public long? RobustCorrect { get; set; }

    public long? FeatureMatches { get; set; }

    public double Seconds { get; set; }

    public Dictionary<string, double> PhaseSeconds { get; set; } = [];

    public void Add(IReadOnlyList<TrainerStep> step, double seconds)
    {
        StepCount++;
        Loss += step.Sum(part => part.Loss);
        Images += step.Sum(part => part.Images);
        CleanCorrect = Sum(CleanCorrect, step, part => part.CleanCorrect);
        RobustCorrect = Sum(RobustCorrect, step, part => part.RobustCorrect);
        FeatureMatches = Sum(FeatureMatches, step, part => part.FeatureMatches);
        Seconds += seconds;
        foreach (var (phase, spent) in step[0].PhaseSeconds)
        {
            PhaseSeconds[phase] = PhaseSeconds.GetValueOrDefault(phase) + spent;
        }
    }

    public EpochMetrics Finish(TrainingPosition position, double learningRate, EpochValidation? validation) => new(
        position.Phase.Name, position.Epoch + 1, Loss / StepCount, Share(CleanCorrect), Share(RobustCorrect), Share(FeatureMatches), learningRate, Seconds, PhaseSeconds, validation);

    public EpochSums Copy() => new()
    {
        StepCount = StepCount,
        Loss = Loss,
        Images = Images,
        CleanCorrect = CleanCorrect,
        RobustCorrect = RobustCorrect,
        FeatureMatches = FeatureMatches,
        Seconds = Seconds,
        PhaseSeconds = new(PhaseSeconds),
    };

    private double? Share(long? count) => (double?)count / Images;

    private static long? Sum(long? sum, IReadOnlyList<TrainerStep> step, Func<TrainerStep, long?> count) =>
        step.All(part => count(part) is not null) ? (sum ?? 0) + step.Sum(part => count(part)!.Value) : sum;
}
