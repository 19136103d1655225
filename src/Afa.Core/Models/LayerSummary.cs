namespace Afa.Models;

/// <summary>One layer of a network.</summary>
/// <param name="Name">As in the state dictionary.</param>
/// <param name="Kind">What it is, in words.</param>
/// <param name="OutputShape">Of one image: [channel, height, width] or [feature].</param>
/// <param name="MultiplyAdds">Of one image.</param>
public sealed record LayerSummary(string Name, string Kind, IReadOnlyList<long> OutputShape, long Parameters, long MultiplyAdds);
