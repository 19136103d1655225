using System.Text.Json;
using Afa.Client.Options;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>Finds evaluations and their results.</summary>
internal static class EvaluationLookup
{
    /// <exception cref="UsageException">There is no such evaluation; the message lists those that are.</exception>
    public static async Task<EvaluationStatus> FindAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var evaluations = await control.ListEvaluationsAsync(cancellationToken);
        return evaluations.FirstOrDefault(evaluation => evaluation.Evaluation == name) ?? throw ClosestName.Unknown("evaluation", name, [.. evaluations.Select(evaluation => evaluation.Evaluation)]);
    }

    /// <summary>The result of a completed evaluation.</summary>
    /// <exception cref="CommandFailedException">There is none, or it cannot be read.</exception>
    public static async Task<EvaluationDocument> ResultAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var json = await control.GetEvaluationResultAsync(name, cancellationToken)
            ?? throw new CommandFailedException($"Evaluation '{name}' is complete but its result is missing; was it deleted? Evaluate again under another name.");
        try
        {
            return JsonSerializer.Deserialize<EvaluationDocument>(json, AfaJson.Options)!;
        }
        catch (JsonException exception)
        {
            throw new CommandFailedException($"The result of evaluation '{name}' cannot be read: {exception.Message} Evaluate again under another name.");
        }
    }

    /// <summary>The options that an evaluation was started with.</summary>
    /// <exception cref="CommandFailedException">They were written by another version of the program.</exception>
    public static EvaluationOptions Options(EvaluationStatus status)
    {
        try
        {
            return JsonSerializer.Deserialize<EvaluationOptions>(status.OptionsJson, AfaJson.Options)!;
        }
        catch (JsonException exception)
        {
            throw new CommandFailedException($"The options of evaluation '{status.Evaluation}' cannot be read, perhaps as they are of another version: {exception.Message} Evaluate again under another name.");
        }
    }
}
