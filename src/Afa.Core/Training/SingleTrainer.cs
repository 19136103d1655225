namespace Afa.Training;

/// <summary>The collective of a run with one trainer: nothing to exchange.</summary>
public sealed class SingleTrainer : ICollective
{
    public int Rank => 0;

    public int Count => 1;

    public IReadOnlyList<ReadOnlyMemory<byte>> AllGather(ReadOnlyMemory<byte> own) => [own];

    public void AllReduceSum(Span<float> values)
    {
    }
}
