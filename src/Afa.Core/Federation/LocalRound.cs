using Afa.Checkpoints;
using Afa.Data;
using static TorchSharp.torch;

namespace Afa.Federation;

/// <summary>What one participant is to do in one round.</summary>
public sealed record LocalRound
{
    /// <summary>Valid options of the federation.</summary>
    public required FederationOptions Options { get; init; }

    /// <summary>Number of the participant, from 0.</summary>
    public required int Participant { get; init; }

    /// <summary>From 0, over all phases.</summary>
    public required int Round { get; init; }

    /// <summary>The server's model after <see cref="Round"/> rounds.</summary>
    public required Checkpoint Global { get; init; }

    /// <summary>What the participant kept of its last round: FedBN's layers or SCAFFOLD's control; null at first.</summary>
    public Checkpoint? Own { get; init; }

    /// <summary>The data set that the participant's images are in.</summary>
    public required ImageDataset Images { get; init; }

    /// <summary>The participant's images, into <see cref="Images"/>.</summary>
    public required int[] Indices { get; init; }

    /// <summary>Whether the participant trains on what <see cref="FederationOptions.Attackers"/> says.</summary>
    public bool IsAttacker { get; init; }

    /// <summary>Where to compute; the call is made on its thread.</summary>
    public required Device Device { get; init; }

    /// <summary>Images that the options ask for, else null.</summary>
    public GeneratedImages? Generated { get; init; }
}

/// <summary>What a participant sends and keeps.</summary>
/// <param name="Values">New less old, [<see cref="UpdateLayout.Length"/>].</param>
/// <param name="Images">How many it trains on: its weight in a mean.</param>
/// <param name="Steps">That it took.</param>
/// <param name="Loss">Mean over the steps.</param>
/// <param name="Own">To be kept for its next round, on its silo; null if the strategy keeps nothing.</param>
public sealed record LocalUpdate(float[] Values, int Images, int Steps, double Loss, Checkpoint? Own);
