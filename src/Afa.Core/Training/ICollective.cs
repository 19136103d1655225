namespace Afa.Training;

/// <summary>How the trainers of one run exchange numbers within a step. Calls block until every rank has made the same call.</summary>
public interface ICollective
{
    /// <summary>Place of this trainer, from 0.</summary>
    int Rank { get; }

    /// <summary>Number of trainers.</summary>
    int Count { get; }

    /// <summary>Returns what every rank contributed, in rank order.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>> AllGather(ReadOnlyMemory<byte> own);

    /// <summary>Replaces the values by their sum over all ranks, added in rank order, so that every rank gets the same bits.</summary>
    void AllReduceSum(Span<float> values);

    /// <summary>As <see cref="AllReduceSum"/>, of values that bfloat16 holds exactly: on a wire each may take two bytes. The sum is float32, and the same bits.</summary>
    void AllReduceSumOfBfloat16(Span<float> values) => AllReduceSum(values);
}
