namespace Afa.Client;

/// <summary>A command was understood and failed for a reason that the message explains in full.</summary>
internal sealed class CommandFailedException(string message) : Exception(message);
