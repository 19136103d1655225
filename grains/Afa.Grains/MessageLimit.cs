namespace Afa.Grains;

/// <summary>Largest message between silos. Over a larger one Orleans drops the connection, and with it every other call, again and again until the call times out.</summary>
/// <param name="Bytes">As set on every silo.</param>
internal sealed record MessageLimit(int Bytes)
{
    private const int Overhead = 4096;   // Header, grain ids and the like.

    /// <param name="content">Bytes of tensors.</param>
    /// <param name="what">The message, for the error.</param>
    /// <param name="remedy">What to do about it.</param>
    /// <exception cref="ArgumentException">The message would be too large.</exception>
    public void Require(long content, string what, string remedy)
    {
        if (content > Bytes - Overhead)
        {
            throw new ArgumentException($"A message of {what} would have {content} bytes, but messages between silos may have only {Bytes - Overhead}. {remedy}");
        }
    }
}
