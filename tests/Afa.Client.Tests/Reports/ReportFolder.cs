using System.Xml;
using System.Xml.Linq;
using SkiaSharp;

namespace Afa.Client.Tests.Reports;

/// <summary>A folder for one test's reports, and what they hold.</summary>
internal sealed class ReportFolder : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"afa-report-{Guid.NewGuid():N}");

    public static SKBitmap Decode(XElement image) =>
        SKBitmap.Decode(Convert.FromBase64String(((string)image.Attribute("src")!).Split(',')[1]));

    public string Text(string name) => File.ReadAllText(System.IO.Path.Combine(Path, name));

    public string HtmlText() => Text("report.html");

    public string Markdown() => Text("report.md");

    public XElement Html(string name = "report.html")
    {
        using var reader = XmlReader.Create(System.IO.Path.Combine(Path, name), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XElement.Load(reader);
    }

    /// <summary>The cells of the first row of any table that starts with this.</summary>
    public string[] Row(string name) =>
        [.. Html().Descendants("tr").First(row => row.Elements().First().Value == name).Elements().Select(cell => cell.Value)];

    public List<string[]> MarkdownRows() =>
    [
        .. Markdown().Split('\n')
            .Where(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split(" | ").Select(cell => cell.Trim().Replace("\\", "", StringComparison.Ordinal)).ToArray()),
    ];

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
