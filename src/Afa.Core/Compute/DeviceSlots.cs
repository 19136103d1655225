using System.Globalization;

namespace Afa.Compute;

/// <summary>How device slots are written: <c>cpu:2</c>.</summary>
public static class DeviceSlots
{
    /// <summary>More than any machine has cores to share.</summary>
    public const int Most = 256;

    /// <summary>Reads a number of slots; false if the text is none.</summary>
    public static bool TryParse(string text, out int slots)
    {
        slots = 0;
        return text.StartsWith("cpu:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out slots)
            && slots is >= 1 and <= Most;
    }

    /// <summary>What is wrong with a text that is none.</summary>
    public static string Rule(string text) => $"must be cpu:N with N from 1 to {Most}, such as cpu:{Environment.ProcessorCount}, not '{text}'.";
}
