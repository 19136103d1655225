using System.Text.Json;
using Afa.Client.Output;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>Starts an evaluation and shows it until its result is there.</summary>
internal sealed class EvaluationFollower(IAfaControl control, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <exception cref="CommandFailedException">The evaluation failed.</exception>
    /// <exception cref="OperationCanceledException">The user interrupted it.</exception>
    public async Task<EvaluationResult> EvaluateAsync(string evaluation, EvaluationOptions options, IProgressView view, CancellationToken interrupt)
    {
        await control.StartEvaluationAsync(evaluation, JsonSerializer.Serialize(options, AfaJson.Options), interrupt);
        while (true)
        {
            var status = await control.GetEvaluationAsync(evaluation, interrupt)
                ?? throw new CommandFailedException($"Evaluation '{evaluation}' is no longer known to the cluster.");
            view.Update(StatusText.Progress(status));
            if (status.State is RunState.Failed or RunState.Paused)
            {
                throw new CommandFailedException($"The evaluation of {options.Checkpoint} failed: {status.Message}");
            }

            if (status is { State: RunState.Completed, ResultJson: { } result })
            {
                return JsonSerializer.Deserialize<EvaluationResult>(result, AfaJson.Options)!;
            }

            await Task.Delay(Interval, clock, interrupt);
        }
    }
}
