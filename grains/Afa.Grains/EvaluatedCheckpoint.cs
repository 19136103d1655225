namespace Afa.Grains;

/// <summary>A checkpoint that an evaluation was begun with.</summary>
/// <param name="Model">Such as "small-cnn".</param>
/// <param name="Sha256">Of its files, in order.</param>
internal sealed record EvaluatedCheckpoint(string Name, string Model, string Sha256);
