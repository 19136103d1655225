using System.Numerics.Tensors;
using Afa.Compute;

namespace Afa.Federation.Attackers;

/// <summary>What a malicious participant makes of its own update, without knowing others.</summary>
public static class OwnUpdateAttack
{
    /// <summary>Whether <see cref="Apply"/> changes an update.</summary>
    public static bool Changes(AttackerKind kind) => kind is AttackerKind.SignFlip or AttackerKind.Noise or AttackerKind.Backdoor;

    /// <summary>Changes an update in place; leaves it as it is under another kind of attack.</summary>
    /// <param name="options">Kind and scale.</param>
    /// <param name="update">The whole update. Noise takes its root mean square, so slices of it would get noise of other strengths.</param>
    /// <param name="replacementScale">γ of model replacement (Bagdasaryan et al. 2020, arXiv:1807.00459, equation 3) if the options leave the scale open: participants of a round / attackers among them.</param>
    /// <param name="seed">Of this update: of the run, the round and the participant.</param>
    /// <remarks>Noise replaces the update: its mean is 0.</remarks>
    public static void Apply(AttackerOptions options, Span<float> update, double replacementScale, ulong seed)
    {
        switch (options.Kind)
        {
            case AttackerKind.SignFlip:
                TensorPrimitives.Multiply(update, (float)-(options.Scale ?? 4), update);
                break;
            case AttackerKind.Noise:
                FillWithNoise(update, (options.Scale ?? 10) * RootMeanSquare(update), seed);
                break;
            case AttackerKind.Backdoor:
                TensorPrimitives.Multiply(update, (float)(options.Scale ?? replacementScale), update);
                break;
        }
    }

    private static void FillWithNoise(Span<float> update, double standardDeviation, ulong seed)
    {
        var draws = new SeededDraws(Seed.Derive(seed, (ulong)SeedUse.MaliciousUpdate));
        foreach (ref var value in update)
        {
            value = (float)(standardDeviation * draws.Normal());
        }
    }

    private static double RootMeanSquare(ReadOnlySpan<float> update)
    {
        var sum = 0.0;
        foreach (var value in update)
        {
            sum += (double)value * value;
        }

        return update.IsEmpty ? 0 : Math.Sqrt(sum / update.Length);
    }
}
