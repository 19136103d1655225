using Afa.Sweeps;

namespace Afa.Client.Output;

/// <summary>Lists the trials that a sweep would run.</summary>
internal static class SweepListing
{
    public static void Write(ClientOutput output, SweepPlan plan)
    {
        var points = plan.Points.ToDictionary(point => point.Name);
        if (!output.IsJson)
        {
            output.WriteTable(["Trial", "Options", "Seed", "Work"], [.. plan.Trials.Select(trial => (IReadOnlyList<string>)
            [
                trial.Name, points[trial.Point].Text, $"{trial.Training.Seed}", SweepText.Passes(TrialWork.Of(trial).Total),
            ])]);
            output.Text.WriteLine($"{StatusText.Count(plan.Trials.Count, "trial")}: {SweepText.Work(plan)}.");
        }

        output.WriteDocument(plan);
    }
}
