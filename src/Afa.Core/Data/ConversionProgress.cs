namespace Afa.Data;

/// <summary>How far a conversion, or another pass over a data set, is.</summary>
/// <param name="Split">The split at work.</param>
/// <param name="Images">Images done, of all splits.</param>
/// <param name="TotalImages">Images of all splits.</param>
public readonly record struct ConversionProgress(DataSplit Split, long Images, long TotalImages);
