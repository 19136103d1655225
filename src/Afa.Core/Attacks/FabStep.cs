namespace Afa.Attacks;

/// <summary>One step of <see cref="Fab"/> for one image, from algorithm 1 of Croce and Hein 2020 (arXiv:1907.02044).</summary>
/// <param name="Difference">f = z_rival - z_label at the point.</param>
/// <param name="Offset">b of the linearized boundary w · x = b.</param>
/// <param name="FromPoint">Length of the projection of the point onto that boundary, at least 1e-8.</param>
/// <param name="FromImage">The same of the original image.</param>
/// <param name="Alpha">Weight of the projection of the original image.</param>
/// <param name="Point">Where the step leads.</param>
internal sealed record FabStep(double Difference, double Offset, double FromPoint, double FromImage, double Alpha, double[] Point)
{
    /// <summary>Goes to a point between the projections of the present point and of the original image, a little beyond the boundary.</summary>
    /// <param name="image">The original.</param>
    /// <param name="normal">w, gradient of the difference at the point.</param>
    public static FabStep Take(
        ReadOnlySpan<double> image, ReadOnlySpan<double> point, ReadOnlySpan<double> normal, double difference, AttackNorm norm, FabOptions options)
    {
        var offset = -difference;
        for (var i = 0; i < point.Length; i++)
        {
            offset += normal[i] * point[i];
        }

        var (fromPoint, fromImage) = (new double[point.Length], new double[point.Length]);
        BoxHyperplane.Project(point, normal, offset, norm, fromPoint);
        BoxHyperplane.Project(image, normal, offset, norm, fromImage);
        var (pointLength, imageLength) = (Math.Max(Length(fromPoint, norm), 1e-8), Math.Max(Length(fromImage, norm), 1e-8));
        var alpha = Math.Min(pointLength / (pointLength + imageLength), options.AlphaMax);

        for (var i = 0; i < point.Length; i++)
        {
            var next = (1 - alpha) * (point[i] + options.Eta * fromPoint[i]) + alpha * (image[i] + options.Eta * fromImage[i]);
            fromPoint[i] = Math.Clamp(next, 0, 1);
        }

        return new(difference, offset, pointLength, imageLength, alpha, fromPoint);
    }

    private static double Length(ReadOnlySpan<double> change, AttackNorm norm)
    {
        var (largest, sum, squares) = (0.0, 0.0, 0.0);
        foreach (var value in change)
        {
            largest = Math.Max(largest, Math.Abs(value));
            sum += Math.Abs(value);
            squares += value * value;
        }

        return norm switch { AttackNorm.Linf => largest, AttackNorm.L2 => Math.Sqrt(squares), _ => sum };
    }
}
