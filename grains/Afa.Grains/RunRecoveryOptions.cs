namespace Afa.Grains;

/// <summary>How a silo treats runs that it finds at work but that no living silo works on.</summary>
public sealed record RunRecoveryOptions
{
    /// <summary>
    /// Whether such a run is taken up as soon as its grain is activated: right for a cluster, where another silo must go on.
    /// A silo inside the client leaves it to the user, who may only want to look.
    /// </summary>
    public bool ResumesOnActivation { get; set; }

    /// <summary>A run fails after so many recoveries in a row without a single finished step.</summary>
    public int MaxFruitlessRecoveries { get; init; } = 8;

    /// <summary>Wait before the first recovery; doubled for each fruitless one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often within an epoch an elastic run looks whether more trainers fit; it does so at the end of each in any case.</summary>
    public TimeSpan RoomInterval { get; init; } = TimeSpan.FromSeconds(10);
}
