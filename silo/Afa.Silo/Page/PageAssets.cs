using System.Security.Cryptography;

namespace Afa.Silo.Page;

/// <summary>The files of the page, which are part of the program.</summary>
internal static class PageAssets
{
    public static PageAsset Style { get; } = Load("page.css", "text/css; charset=utf-8");

    public static PageAsset Script { get; } = Load("page.js", "text/javascript; charset=utf-8");

    public static PageAsset Icon { get; } = Load("icon.svg", "image/svg+xml");

    public static IReadOnlyList<PageAsset> All => [Style, Script, Icon];

    private static PageAsset Load(string name, string type)
    {
        using var stream = typeof(PageAssets).Assembly.GetManifestResourceStream($"page/{name}") ?? throw new InvalidOperationException($"The program was built without its resource page/{name}.");
        using var content = new MemoryStream();
        stream.CopyTo(content);
        var bytes = content.ToArray();
        return new PageAsset($"/page/{name}", Convert.ToHexStringLower(SHA256.HashData(bytes))[..16], type, bytes);
    }
}

/// <summary>A file of the page.</summary>
/// <param name="Path">Where it is served.</param>
/// <param name="Version">Of its content.</param>
internal sealed record PageAsset(string Path, string Version, string Type, byte[] Content)
{
    /// <summary>Another one for another content, so that browsers may keep it for ever.</summary>
    public string Address => $"{Path}?v={Version}";
}
