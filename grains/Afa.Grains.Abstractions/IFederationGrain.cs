namespace Afa.Grains;

/// <summary>Owners of private shards who train one model, round by round. The key is the federation's name.</summary>
[Alias("afa.federation")]
public interface IFederationGrain : IGrainWithStringKey
{
    /// <summary>Starts the federation. Repeating the call with the same options has no further effect.</summary>
    /// <param name="optionsJson">JSON of <c>Afa.Federation.FederationOptions</c>.</param>
    /// <exception cref="InvalidOperationException">The federation exists with other options.</exception>
    [Alias("start")]
    Task StartAsync(string optionsJson);

    /// <summary>Goes on from the last finished round. Does nothing if the federation is at work or complete.</summary>
    /// <exception cref="InvalidOperationException">The federation was never started, or was canceled.</exception>
    [Alias("resume")]
    Task ResumeAsync();

    /// <summary>Stops after the round under way.</summary>
    /// <exception cref="InvalidOperationException">The federation was never started.</exception>
    [Alias("pause")]
    Task PauseAsync();

    /// <summary>Stops for good. Has no effect on one that is complete.</summary>
    /// <exception cref="InvalidOperationException">The federation was never started.</exception>
    [Alias("cancel")]
    Task CancelAsync();

    /// <summary>Returns null if the federation was never started.</summary>
    [Alias("status")]
    Task<FederationStatus?> GetStatusAsync();

    /// <summary>JSON of the <c>Afa.Federation.FederationDocument</c> of what is finished so far; null if the federation was never started.</summary>
    [Alias("result")]
    Task<string?> GetResultAsync();
}
