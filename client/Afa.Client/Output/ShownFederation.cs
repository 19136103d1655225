using Afa.Client.Control;
using Afa.Grains;

namespace Afa.Client.Output;

/// <summary>Shows a federation as it goes on, the end of each round once.</summary>
/// <param name="known">What the user has already seen; null for a new federation.</param>
internal sealed class ShownFederation(IAfaControl control, IProgressView view, FederationStatus? known)
{
    private readonly HashSet<int> _judged = [];
    private int _rounds = known?.Round ?? 0;
    private (int, double?, double?) _seen = (known?.Round ?? 0, known?.CleanAccuracy, known?.RobustAccuracy);

    public async Task UpdateAsync(FederationStatus status)
    {
        var now = (status.Round, status.CleanAccuracy, status.RobustAccuracy);
        if (status.Round > 0 && now != _seen)
        {
            _seen = now;
            await WriteRoundsAsync(status.Federation);
        }

        view.Update(FederationText.Progress(status));
    }

    /// <summary>A model may be judged while the next round is under way: then it gets a line of its own.</summary>
    private async Task WriteRoundsAsync(string federation)
    {
        var document = await FederationLookup.ResultAsync(control, federation, CancellationToken.None);
        var models = document.Models.Where(model => model.Round is not null).ToDictionary(model => model.Round!.Value);
        foreach (var round in document.Rounds)
        {
            var model = models.GetValueOrDefault(round.Round);
            if (round.Round > _rounds)
            {
                view.WriteLine(FederationText.Round(round, model, document));
                _rounds = round.Round;
            }
            else if (model is not null && round.Round > (known?.Round ?? 0) && !_judged.Contains(round.Round))
            {
                view.WriteLine(FederationText.Judgment(model));
            }

            if (model is not null)
            {
                _judged.Add(round.Round);
            }
        }
    }
}
