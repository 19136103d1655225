using System.Collections;
using System.Text;
using System.Xml.Linq;

namespace Afa.Silo;

/// <summary>
/// Builds HTML from elements, for the page and for the client's reports, so that text is encoded by construction: names and messages come from
/// whoever may start a run. Written so that XML parsers read it too.
/// </summary>
public static class Html
{
    private static readonly HashSet<string> s_void = ["br", "img", "link", "meta"];

    /// <param name="content">Elements, attributes, text, sequences of them; null adds nothing.</param>
    public static XElement Tag(string name, params object?[] content) => new(name, content.Select(Encodable));

    public static XAttribute Attribute(string name, string value) => new(name, Printable(value));

    public static XAttribute Class(string name) => new("class", name);

    public static XAttribute Id(string id) => Attribute("id", id);

    /// <summary>A link to another part.</summary>
    public static XElement Link(string address, string text) => Tag("a", Attribute("href", address), text);

    /// <summary>The document as browsers take it.</summary>
    public static string Write(XElement page)
    {
        // HTML parsers take <td/> for an opening tag. Elements inside SVG have its namespace and may stay as they are.
        foreach (var empty in page.DescendantsAndSelf().Where(element => element.IsEmpty && element.Name.Namespace == XNamespace.None && !s_void.Contains(element.Name.LocalName)))
        {
            empty.Value = "";
        }

        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }

    private static object? Encodable(object? part) => part switch
    {
        string text => Printable(text),
        IEnumerable parts => parts.Cast<object?>().Select(Encodable),
        _ => part,
    };

    /// <summary>The text with everything replaced that XML cannot hold: lone surrogates, control characters and noncharacters.</summary>
    public static string Printable(string text)
    {
        var printable = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            var isHeld = !Rune.IsControl(rune) && (rune.Value & 0xFFFE) != 0xFFFE;
            printable.Append(isHeld || rune.Value is '\n' or '\t' ? rune : Rune.ReplacementChar);
        }

        return printable.ToString();
    }
}
