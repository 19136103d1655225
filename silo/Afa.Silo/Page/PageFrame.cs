using System.Xml.Linq;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>What is around the content of every page.</summary>
internal static class PageFrame
{
    /// <summary>Nothing from elsewhere, no script and no style in the page itself: a name that slipped through would still do nothing.</summary>
    public const string SecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly (string Title, string Address)[] s_pages =
        [("Runs", PageLinks.Runs), ("Evaluations", PageLinks.Evaluations), ("Sweeps", PageLinks.Sweeps), ("Federations", PageLinks.Federations), ("Leaderboard", PageLinks.Leaderboard)];

    /// <param name="content">The sections below the title.</param>
    public static string Create(string title, PageIdentity identity, ClusterView view, params object?[] content) => Write(Tag(
        "html",
        Attribute("lang", "en"),
        Tag(
            "head",
            Tag("meta", Attribute("charset", "utf-8")),
            Tag("meta", Attribute("name", "viewport"), Attribute("content", "width=device-width, initial-scale=1")),
            Tag("title", $"{title} · AFA"),
            Tag("link", Attribute("rel", "icon"), Attribute("href", PageAssets.Icon.Address)),
            Tag("link", Attribute("rel", "stylesheet"), Attribute("href", PageAssets.Style.Address)),
            Tag("script", Attribute("src", PageAssets.Script.Address), Attribute("defer", "defer")),
            Tag("noscript", Tag("meta", Attribute("http-equiv", "refresh"), Attribute("content", "5")))),
        Tag(
            "body",
            Tag(
                "header",
                Tag("a", Class("brand"), Attribute("href", PageLinks.Overview), "AFA"),
                Tag("span", Class("cluster"), $"cluster {identity.Cluster}"),
                Tag(
                    "nav",
                    Attribute("aria-label", "Pages"),
                    s_pages.Select(page => Tag("a", Attribute("href", page.Address), page.Title == title ? Attribute("aria-current", "page") : null, page.Title)),
                    identity.HasDashboard ? Link(PageLinks.Dashboard, "Orleans") : null)),
            Tag("p", Id("connection"), Attribute("role", "status")),
            Tag(
                "main",
                Tag("h1", title),
                content,
                Tag("p", Class("note read"), "As of ", PageText.Exact(view.ReadAt), ".")))));

    /// <summary>A part of a page with its title; null, which is not shown, if it has no content.</summary>
    public static XElement? Section(string id, string title, params object?[] content) =>
        content.All(part => part is null) ? null : Tag("section", Attribute("aria-labelledby", $"{id}-title"), Id($"{id}-section"), Tag("h2", Id($"{id}-title"), title), content);
}
