namespace Afa.Federation.Aggregation;

/// <summary>Squared distances between the vectors that a rule sees, with the origin as one more point.</summary>
/// <remarks>
/// The distances of combinations follow from those of the points: for coefficients a and b that each sum to 1, with D the squared distances,
/// ‖Σ aᵢ xᵢ − Σ bᵢ xᵢ‖² = aᵀ D b − ½ aᵀ D a − ½ bᵀ D b. Rounding is that of the largest distance between points that take part.
/// </remarks>
internal sealed class VectorDistances
{
    private readonly double[,] _squared;   // [point, point]; the last point is the origin.

    private VectorDistances(double[,] squared) => _squared = squared;

    /// <summary>Number of vectors.</summary>
    public int Count => _squared.GetLength(0) - 1;

    private int Origin => Count;

    /// <summary>Those of updates. Where only norms are known, the distances are not numbers.</summary>
    public static VectorDistances Of(PairwiseDistances updates)
    {
        var squared = new double[updates.Count + 1, updates.Count + 1];
        for (var i = 0; i < updates.Count; i++)
        {
            squared[i, updates.Count] = squared[updates.Count, i] = updates.SquaredNorm(i);
            for (var j = 0; j < updates.Count; j++)
            {
                squared[i, j] = updates.HasPairs || i == j ? updates.Squared(i, j) : double.NaN;
            }
        }

        return new(squared);
    }

    /// <summary>Positive infinity if one of them is not finite.</summary>
    public double Squared(int i, int j) => _squared[i, j];

    public double Norm(int i) => Math.Sqrt(_squared[i, Origin]);

    /// <summary>Whether all values of a vector are finite.</summary>
    public bool IsFinite(int i) => double.IsFinite(_squared[i, Origin]);

    /// <summary>The distance of each vector to Σ wᵢ xᵢ; positive infinity of one that is not finite.</summary>
    /// <param name="weights">wᵢ of each vector, of any sum; 0 for one that is not finite.</param>
    public double[] To(ReadOnlySpan<double> weights)
    {
        var toPoints = ToPoints(weights);
        var own = Dot(toPoints, weights) / 2;
        var distances = new double[Count];
        for (var i = 0; i < Count; i++)
        {
            distances[i] = IsFinite(i) ? Math.Sqrt(Math.Max(0, toPoints[i] - own)) : double.PositiveInfinity;
        }

        return distances;
    }

    /// <summary>The distances between means of these vectors.</summary>
    /// <remarks>A mean with a member that is not finite is not finite either.</remarks>
    public VectorDistances After(Mixing mixing)
    {
        var means = mixing.Count;
        var toPoints = new double[means][];
        var isFinite = new bool[means];
        for (var a = 0; a < means; a++)
        {
            isFinite[a] = AreFinite(mixing.Row(a));
            toPoints[a] = isFinite[a] ? ToPoints(mixing.Row(a)) : [];
        }

        var own = new double[means];
        for (var a = 0; a < means; a++)
        {
            own[a] = isFinite[a] ? Dot(toPoints[a], mixing.Row(a)) / 2 : double.PositiveInfinity;
        }

        var squared = new double[means + 1, means + 1];
        for (var a = 0; a < means; a++)
        {
            squared[a, means] = squared[means, a] = isFinite[a] ? Math.Max(0, toPoints[a][Origin] - own[a]) : double.PositiveInfinity;
            for (var b = 0; b < a; b++)
            {
                // Both ways round, so that equal means have equal distances to the last bit and ties are ties.
                squared[a, b] = squared[b, a] = isFinite[a] && isFinite[b]
                    ? Math.Max(0, ((Dot(toPoints[a], mixing.Row(b)) + Dot(toPoints[b], mixing.Row(a))) / 2) - (own[a] + own[b]))
                    : double.PositiveInfinity;
            }
        }

        return new(squared);
    }

    /// <summary>D w: for each point the sum of wⱼ Dᵢⱼ, where the origin has what the weights lack to 1.</summary>
    private double[] ToPoints(ReadOnlySpan<double> weights)
    {
        var sums = new double[Count + 1];
        var left = 1.0;
        for (var j = 0; j < Count; j++)
        {
            left -= weights[j];
            AddTo(sums, weights[j], j);
        }

        AddTo(sums, left, Origin);
        return sums;
    }

    private void AddTo(double[] sums, double weight, int point)
    {
        for (var i = 0; weight != 0 && i < sums.Length; i++)
        {
            sums[i] += weight * _squared[i, point];
        }
    }

    /// <summary>wᵀ s over the points.</summary>
    private double Dot(double[] sums, ReadOnlySpan<double> weights)
    {
        var (sum, left) = (0.0, 1.0);
        for (var i = 0; i < Count; i++)
        {
            left -= weights[i];
            sum += weights[i] == 0 ? 0 : weights[i] * sums[i];
        }

        return sum + (left == 0 ? 0 : left * sums[Origin]);
    }

    private bool AreFinite(ReadOnlySpan<double> row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            if (row[i] != 0 && !IsFinite(i))
            {
                return false;
            }
        }

        return true;
    }
}
