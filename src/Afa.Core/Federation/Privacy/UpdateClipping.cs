namespace Afa.Federation.Privacy;

/// <summary>Bounds what one participant can add to a sum: McMahan et al. 2018 (arXiv:1710.06963), section 3, "flat clipping".</summary>
public static class UpdateClipping
{
    // Twice the relative error of a rounding to float32, which so cannot push the norm above its bound.
    private const double Margin = 1 - 1.0 / (1 << 23);

    /// <summary>Scales an update in place by min(1, norm / ‖update‖₂).</summary>
    /// <param name="update">All coordinates of a participant's update.</param>
    /// <param name="norm">Largest Euclidean norm, greater than 0.</param>
    /// <returns>The factor, 1 where the update is short enough already, and then untouched.</returns>
    /// <remarks>The norm is computed in float64. An update that is scaled ends a 2⁻²³rd below the norm, as its coordinates are rounded to float32.</remarks>
    /// <exception cref="ArgumentException">A coordinate is not finite: a NaN has no norm, and would pass into the model.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The norm is not a positive number.</exception>
    public static double Clip(Span<float> update, double norm)
    {
        if (norm is not (> 0 and < double.PositiveInfinity))
        {
            throw new ArgumentOutOfRangeException(nameof(norm), norm, "The clip norm must be greater than 0.");
        }

        var sumOfSquares = 0.0;
        foreach (double value in update)
        {
            sumOfSquares += value * value;
        }

        var length = Math.Sqrt(sumOfSquares);
        if (!double.IsFinite(length))
        {
            throw new ArgumentException("Every coordinate of an update must be finite; its training has diverged.", nameof(update));
        }

        if (length <= norm)
        {
            return 1;
        }

        var factor = norm / length * Margin;
        foreach (ref var value in update)
        {
            value = (float)(value * factor);
        }

        return factor;
    }
}
