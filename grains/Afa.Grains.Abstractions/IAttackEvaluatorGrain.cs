namespace Afa.Grains;

/// <summary>One device slot that runs attacks. The key is "evaluation/slot".</summary>
[Alias("afa.attack-evaluator")]
public interface IAttackEvaluatorGrain : IGrainWithStringKey
{
    /// <summary>Runs all attacks on consecutive test images. Repeating the call gives the same result.</summary>
    /// <returns>JSON of <c>Afa.Evaluation.SliceOutcome</c>.</returns>
    [Alias("evaluate"), ResponseTimeout("01:00:00")]
    Task<string> EvaluateAsync(EvaluationSlice slice);

    /// <summary>Frees the model and the device slot.</summary>
    [Alias("release"), ResponseTimeout("00:10:00")]
    Task ReleaseAsync();
}

/// <summary>Consecutive test images under the options of an evaluation.</summary>
/// <param name="Examples">How many images to keep for the report.</param>
[GenerateSerializer, Immutable, Alias("afa.evaluation-slice")]
public sealed record EvaluationSlice(
    [property: Id(0)] string OptionsJson, [property: Id(1)] int Start, [property: Id(2)] int Count, [property: Id(3)] int Examples);
