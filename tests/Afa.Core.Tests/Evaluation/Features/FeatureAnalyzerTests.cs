using Afa.Attacks;
using Afa.Data;
using Afa.Evaluation.Features;
using Afa.Tests.Attacks;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Evaluation.Features;

/// <summary>On a model whose features are its two pixels and whose logits are the same: class 0 has the first pixel bright, class 1 the second.</summary>
public sealed class FeatureAnalyzerTests : IDisposable
{
    private const double Bright = 200 / 255.0;
    private const double Dark = 60 / 255.0;
    private const double Tolerance = 1e-6;   // Pixels are float32.

    private static readonly DatasetDescription s_dataset =
        DatasetRegistry.Get("fashion-mnist") with { Channels = 1, Height = 1, Width = 2, ClassNames = ["left", "right"] };

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly LinearClassifier _model = new(eye(2, dtype: ScalarType.Float64), zeros([2], ScalarType.Float64));

    public void Dispose()
    {
        _model.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void SmallBall_MovesFeaturesByWhatIsWorkedByHand()
    {
        var space = Analyze(epsilon: 0.1);

        Assert.Equal((1, 0, null, 0), (space.Clean.Accuracy, space.Clean.NearestOther, space.Clean.MisalignedErrors, space.Clean.AlignedErrors));
        var cosine = 2 * Bright * Dark / (Bright * Bright + Dark * Dark);   // Of the two classes.
        Assert.Equal(1 - cosine, space.Clean.CentroidMargin, Tolerance);
        Assert.Equal(0, space.Clean.Alignment!.Value, Tolerance);
        Assert.Equal(0, space.Clean.ScatterRatio!.Value, Tolerance);
        Assert.Equal(Math.Log((2 + 4 * Math.Exp(-2 * (2 - 2 * cosine))) / 6), space.Clean.Uniformity, Tolerance);

        // PGD ends in the corner: the bright pixel 0.1 darker, the dark one 0.1 brighter.
        var (a, b) = (Bright - 0.1, Dark + 0.1);
        var lengths = Math.Sqrt(a * a + b * b) * Math.Sqrt(Bright * Bright + Dark * Dark);
        var (own, other) = ((a * Bright + b * Dark) / lengths, (a * Dark + b * Bright) / lengths);
        Assert.Equal((1, 0), (space.Adversarial.Accuracy, space.Adversarial.NearestOther));
        Assert.Equal(own - other, space.Adversarial.CentroidMargin, Tolerance);
        Assert.Equal(2 - 2 * own, space.Shift, Tolerance);
        Assert.Equal(2, space.LogitLipschitz, 1e-4);   // ‖(±ε, ±ε)‖₁ / ε, divided in float32.

        // The features turn towards the diagonal, where they end as under the attack, or away from it, where they turn less.
        var (c, d) = (Bright + 0.1, Dark - 0.1);
        var away = (c * Bright + d * Dark) / (Math.Sqrt(c * c + d * d) * Math.Sqrt(Bright * Bright + Dark * Dark));
        Assert.InRange(space.FeatureLipschitz, Math.Sqrt(2 - 2 * away) / 0.1 * (1 - 1e-4), Math.Sqrt(2) / Math.Sqrt(a * a + d * d));   // A step of length √2 ε turns x by at most that over the least length in the ball.
    }

    [Fact]
    public void LargeBall_TurnsMisalignedImagesIntoErrors()
    {
        var space = Analyze(epsilon: 0.5);

        Assert.Equal((1, 0), (space.Clean.Accuracy, space.Clean.NearestOther));
        Assert.Equal((0, 1, 1, null), (space.Adversarial.Accuracy, space.Adversarial.NearestOther, space.Adversarial.MisalignedErrors, space.Adversarial.AlignedErrors));
        Assert.True(space.Adversarial.CentroidMargin < 0);
    }

    [Fact]
    public void Projection_HasBothSetsOnTheAxesOfTheClean()
    {
        var projection = Analyze(epsilon: 0.1).Projection;

        // The two clean features are mirrored at the diagonal: one axis through both, and (a - b) / √2 to either side of their mean.
        Assert.Equal([1, 0], projection.Explained.Select(share => Math.Round(share, 6)));
        Assert.Equal([0, 1, 0, 1], projection.Labels);
        Assert.Equal((Bright - Dark) / Math.Sqrt(2 * (Bright * Bright + Dark * Dark)), Math.Abs(projection.Clean[0]), 1e-4);   // As it is rounded.
        Assert.Equal(-projection.Clean[0], projection.Clean[2]);
        Assert.Equal(8, projection.Adversarial.Count);
        Assert.InRange(Math.Abs(projection.Adversarial[0]), 0.1, Math.Abs(projection.Clean[0]) - 0.1);
    }

    [Fact]
    public void Analysis_LeavesNothingBehindAndReportsItsEnd()
    {
        Analyze(epsilon: 0.1);
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var shares = new List<double>();

        Analyze(epsilon: 0.1, shares.Add);

        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.Equal(1, shares[^1]);
    }

    [Fact]
    public void Cancelled_Ends() =>
        Assert.Throws<OperationCanceledException>(() => Analyze(epsilon: 0.1, cancellation: new CancellationToken(canceled: true)));

    private FeatureSpace Analyze(double epsilon, Action<double>? report = null, CancellationToken cancellation = default) =>
        new FeatureAnalyzer(_model, AttackNorm.Linf, epsilon, seed: 1, CPU).Analyze(Images(), Images(), s_dataset, report ?? (_ => { }), cancellation);

    private static ImageBatch Images() => new([200, 60, 60, 200, 200, 60, 60, 200], [0, 1, 0, 1], [0, 1, 2, 3], channels: 1, height: 1, width: 2);
}
