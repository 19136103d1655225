namespace Afa.Grains;

/// <summary>Who takes part in which round of an exchange.</summary>
/// <param name="Attempt">Attempt of the run.</param>
/// <param name="Round">Counted from 0 within the attempt, alike on every rank.</param>
/// <param name="Rank">From 0.</param>
/// <param name="Count">Ranks that take part.</param>
[GenerateSerializer, Immutable, Alias("afa.round-member")]
public sealed record RoundMember([property: Id(0)] int Attempt, [property: Id(1)] long Round, [property: Id(2)] int Rank, [property: Id(3)] int Count);

/// <summary>Bytes of a tensor. Inside a silo they travel by reference: the receiver must not change them.</summary>
[GenerateSerializer, Immutable, Alias("afa.tensor-slice")]
public sealed record TensorSlice([property: Id(0)] byte[] Bytes);

/// <summary>An exchange was given up because a member of it is gone; the run starts over from a checkpoint.</summary>
[GenerateSerializer, Alias("afa.round-abandoned")]
public sealed class RoundAbandonedException(string message) : Exception(message);
