namespace Afa.Grains;

/// <summary>An evaluator no longer works on the unit that it had.</summary>
internal sealed class LeaseLostException(string reason, Exception? inner = null) : Exception(reason, inner);
