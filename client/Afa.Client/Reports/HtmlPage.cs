using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>One HTML file for the screen, the phone and the printer, which needs no network.</summary>
internal static class HtmlPage
{
    /// <param name="content">Below the title.</param>
    public static string Create(string title, params object?[] content) => Write(Tag(
        "html",
        Attribute("lang", "en"),
        Tag(
            "head",
            Tag("meta", Attribute("charset", "utf-8")),
            Tag("meta", Attribute("name", "viewport"), Attribute("content", "width=device-width, initial-scale=1")),
            Tag(
                "meta",
                Attribute("http-equiv", "Content-Security-Policy"),
                Attribute("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'")),
            Tag("title", title),
            Tag("style", HtmlStyle.Sheet)),
        Tag("body", Tag("main", Tag("h1", title), content))));
}
