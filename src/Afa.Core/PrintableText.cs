namespace Afa;

/// <summary>Text from files of any origin, made fit for messages: it cannot steer a terminal or fill it.</summary>
internal static class PrintableText
{
    /// <summary>Replaces control characters by '?' and cuts what is too long.</summary>
    public static string Of(string text, int maxLength = 2000)
    {
        var shown = string.Create(Math.Min(text.Length, maxLength), text, (characters, source) =>
        {
            for (var i = 0; i < characters.Length; i++)
            {
                characters[i] = char.IsControl(source[i]) ? '?' : source[i];
            }
        });
        return text.Length <= maxLength ? shown : shown + "…";
    }
}
