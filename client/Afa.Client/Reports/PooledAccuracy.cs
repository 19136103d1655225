using Afa.Evaluation;

namespace Afa.Client.Reports;

/// <summary>Counts of several participants together.</summary>
internal sealed record PooledAccuracy(int Correct, int Images)
{
    public double Accuracy => (double)Correct / Images;

    /// <summary>95 % interval of the accuracy behind the counts, by Wilson.</summary>
    public (double Low, double High) Interval => WilsonInterval.Of(Correct, Images);
}
