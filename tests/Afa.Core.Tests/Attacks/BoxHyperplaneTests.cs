using Afa.Attacks;
using Afa.Tests.Golden;
using CsCheck;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

public class BoxHyperplaneTests
{
    [Theory]
    [InlineData(AttackNorm.Linf, "linf")]
    [InlineData(AttackNorm.L2, "l2")]
    [InlineData(AttackNorm.L1, "l1")]
    public void Project_ProblemsOfTheReference_MatchesIt(AttackNorm norm, string name)
    {
        using var scope = NewDisposeScope();
        double[] Load(string tensor) => GoldenFile.FabTrace.Get($"proj.{tensor}", ScalarType.Float64).data<double>().ToArray();
        var (points, normals, offsets, expected) = (Load("points"), Load("w"), Load("b"), Load(name));

        for (var i = 0; i < 24; i++)
        {
            var here = new Range(20 * i, 20 * (i + 1));
            var actual = Project(points[here], normals[here], offsets[i], norm);

            Assert.All(expected[here].Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4));   // The reference computes in float32.
        }
    }

    [Fact]
    public void Project_OnePixelAtItsBorder_MatchesTheValuesWorkedByHand()
    {
        // w · x = 0.9 is to become 3. Together, pixel 0 stops after 0.1 at its border, and the others go on.
        double[] point = [0.9, 0, 0.5, 0.5], normal = [1, 2, 0, 0];

        AssertClose([0.1, 1, 0, 0], Project(point, normal, 3, AttackNorm.Linf));
        AssertClose([0.1, 0.5, 0, 0], Project(point, normal, 2, AttackNorm.Linf));
        AssertClose([0.1, 0.5, 0, 0], Project(point, normal, 2, AttackNorm.L2));
        AssertClose([0, 0.55, 0, 0], Project(point, normal, 2, AttackNorm.L1));
        AssertClose([-0.9, 0, 0, 0], Project(point, normal, -7, AttackNorm.L1));
    }

    [Fact]
    public void Project_AnyProblem_ReachesTheHyperplaneInTheShortestWay()
    {
        // Few values, so that many pixels lie at the border, have no weight, or the same one as others.
        var pixel = Gen.OneOf(Gen.OneOf(Gen.Const(0.0), Gen.Const(1.0), Gen.Const(0.5)), Gen.Double[0, 1]);
        var weight = Gen.OneOf(Gen.OneOf(Gen.Const(0.0), Gen.Const(1.0), Gen.Const(-1.0), Gen.Const(1e-9)), Gen.Double[-2, 2], Gen.Double[-1e-4, 1e-4]);
        var cases =
            from length in Gen.Int[1, 19]
            from point in pixel.Array[length]
            from normal in weight.Array[length]
            from share in Gen.Double[-1.3, 1.3]
            from norm in Gen.Enum<AttackNorm>()
            let smallest = norm == AttackNorm.Linf ? 1e-7 : 0   // For Linf a small weight counts, but makes the answer hang on rounding.
            select (point, normal: normal.Select(w => Math.Abs(w) < smallest ? 0 : w).ToArray(), share, norm);

        cases.Sample(c =>
        {
            var weights = c.normal.Select(w => Math.Abs(w) > (c.norm == AttackNorm.Linf ? 0 : 1e-8) ? w : 0).ToArray();
            var room = weights.Select((w, i) => w * c.share > 0 ? 1 - c.point[i] : -c.point[i]).ToArray();
            var reachable = Math.Abs(Dot(weights, room));
            var target = Dot(c.normal, c.point) + c.share * reachable;

            var actual = Project(c.point, c.normal, target, c.norm);

            Assert.All(actual.Zip(c.point), pair => Assert.InRange(pair.First + pair.Second, -1e-12, 1 + 1e-12));
            Assert.Equal(Math.Sign(c.share) * Math.Min(Math.Abs(c.share), 1) * reachable, Dot(weights, actual), 1e-9);
            var shortest = ShortestByBisection(weights, room, Math.Min(Math.Abs(c.share), 1) * reachable, c.norm);
            Assert.Equal(shortest, Length(actual, c.norm), 1e-5 * (1 + shortest));
        }, iter: 5_000, threads: 1);
    }

    [Fact]
    public void Project_NoWeights_StaysAtThePoint()
    {
        foreach (var norm in Enum.GetValues<AttackNorm>())
        {
            Assert.All(Project([0, 0.3, 1, 1, 1], [0, 0, 0, 0, 0], 3, norm), value => Assert.Equal(0, value));
            Assert.All(Project([0, 0.3, 1, 1, 1], [0, 0, 0, 0, 0], 0, norm), value => Assert.Equal(0, value));
        }
    }

    [Fact]
    public void Project_HyperplaneOutOfReach_EndsInTheNearestCorner()
    {
        foreach (var norm in Enum.GetValues<AttackNorm>())
        {
            AssertClose([1, -0.3, 0], Project([0, 0.3, 0.4], [1, -0.1, 0], 50, norm));
            AssertClose([0, 0.7, 0], Project([0, 0.3, 0.4], [1, -0.1, 0], -50, norm));
        }
    }

    [Fact]
    public void Project_ValuesThatAreNoNumbers_Ends()
    {
        foreach (var norm in Enum.GetValues<AttackNorm>())
        {
            Project([0.5, 0.5], [double.NaN, 1], 1, norm);
            Project([0.5, 0.5], [double.PositiveInfinity, 1], 1, norm);
            Project([0.5, 0.5], [1, 1], double.NaN, norm);
        }
    }

    [Fact]
    public void Project_LengthsThatDiffer_AreRefused() =>
        Assert.Throws<ArgumentException>(() => BoxHyperplane.Project([1, 1], [1], 0, AttackNorm.L2, new double[2]));

    private static double[] Project(double[] point, double[] normal, double offset, AttackNorm norm)
    {
        var displacement = new double[point.Length];
        BoxHyperplane.Project(point, normal, offset, norm, displacement);
        return displacement;
    }

    /// <summary>Of the L1 norm by filling the pixels of largest weight one after the other, else by bisecting λ.</summary>
    private static double ShortestByBisection(double[] weights, double[] room, double amount, AttackNorm norm)
    {
        if (norm == AttackNorm.L1)
        {
            var sum = 0.0;
            foreach (var (w, r) in weights.Zip(room).Where(pair => pair.First != 0).OrderByDescending(pair => Math.Abs(pair.First)))
            {
                var part = Math.Min(Math.Abs(r), Math.Max(amount, 0) / Math.Abs(w));
                sum += part;
                amount -= part * Math.Abs(w);
            }

            return sum;
        }

        double[] At(double multiplier) =>
            weights.Zip(room, (w, r) => w == 0 ? 0 : Math.Min(multiplier * (norm == AttackNorm.L2 ? Math.Abs(w) : 1), Math.Abs(r))).ToArray();
        var (low, high) = (0.0, 1e9);
        for (var i = 0; i < 200; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = Dot(weights.Select(Math.Abs).ToArray(), At(middle)) < amount * (1 - 1e-13) ? (middle, high) : (low, middle);
        }

        return Length(At(high), norm);
    }

    private static double Dot(double[] left, double[] right) => left.Zip(right, (l, r) => l * r).Sum();

    private static double Length(double[] change, AttackNorm norm) =>
        norm switch { AttackNorm.Linf => change.Max(Math.Abs), AttackNorm.L2 => Math.Sqrt(Dot(change, change)), _ => change.Sum(Math.Abs) };

    private static void AssertClose(double[] expected, double[] actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
}
