namespace Afa.Data;

/// <summary>What <see cref="DatasetVerification"/> found about one split.</summary>
/// <param name="Split">The split.</param>
/// <param name="Count">Images in it.</param>
/// <param name="OfficialCount">Images in the official split.</param>
/// <param name="ClassCounts">Images of each class; the position is the label.</param>
/// <param name="Files">Its files.</param>
public sealed record DatasetSplitReport(
    DataSplit Split, int Count, int OfficialCount, IReadOnlyList<int> ClassCounts, IReadOnlyList<DatasetFileReport> Files)
{
    /// <summary>Whether the split has all official images and no file differs from the published one.</summary>
    public bool IsComplete => Count == OfficialCount && Files.All(file => file.Checksum != ChecksumResult.Different);
}
