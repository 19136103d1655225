namespace Afa.Compute;

/// <summary>Derives independent seeds from one, so that any draw can be repeated from (seed, what it is for) alone.</summary>
/// <remarks>SplitMix64 of Steele, Lea and Flood 2014 ("Fast splittable pseudorandom number generators"), used as a hash chain.</remarks>
public static class Seed
{
    /// <summary>Returns a seed that depends on every part and on their order.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="parts">What the draw is for: a <see cref="SeedUse"/>, then for example epoch, step or sample.</param>
    public static ulong Derive(ulong seed, params ReadOnlySpan<ulong> parts)
    {
        var state = Mix(seed);
        foreach (var part in parts)
        {
            state = Mix(state ^ part);   // Not Mix(part): seed and first part would then be interchangeable.
        }

        return state;
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
