namespace Afa.Attacks;

/// <summary>A part of a run of <see cref="Apgd"/>.</summary>
/// <param name="Epsilon">Radius of the ball.</param>
/// <param name="Iterations">Steps in it.</param>
internal readonly record struct ApgdPhase(double Epsilon, int Iterations);
