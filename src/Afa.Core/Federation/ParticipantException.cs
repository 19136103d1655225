namespace Afa.Federation;

/// <summary>A participant cannot do what it is asked, with a message that may leave its silo: written by us, it names nothing of an owner but what the federation knows already.</summary>
public sealed class ParticipantException(string message, Exception? inner = null) : InvalidOperationException(message, inner);
