namespace Afa.Silo;

/// <summary>A silo cannot work as it is set up; the message is for its user.</summary>
public sealed class SiloStartException(string message, Exception? inner = null) : Exception(message, inner);
