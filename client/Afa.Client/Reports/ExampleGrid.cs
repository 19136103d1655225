using System.Xml.Linq;
using Afa.Evaluation;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Images before and after the attack, with what the model takes them for.</summary>
internal static class ExampleGrid
{
    /// <exception cref="ArgumentException">An image's pixels do not fit its size.</exception>
    public static XElement? Create(EvaluationResult result) => result.Examples.Count == 0 ? null : Tag(
        "section",
        Tag("h2", "Before and after the attack"),
        Tag("p", $"Left: the test image. Middle: the change, stretched to the full range; mid-grey is none, {Extremes(result.Norm)}. Right: what the model saw."),
        Tag("div", Class("examples"), result.Examples.Select(Figure)));

    private static string Extremes(string norm) => norm == "linf" ? "black −ε, white +ε" : "black and white the largest of the image";

    private static XElement Figure(ExampleImage example) => Tag(
        "figure",
        Tag("figcaption", Tag("strong", example.Label), $" (image {example.SampleId})"),
        Cell(example, example.Clean, "clean image", example.CleanPrediction),
        Cell(example, example.Perturbation, "perturbation", prediction: null),
        Cell(example, example.Adversarial, "adversarial image", example.AdversarialPrediction));

    private static XElement Cell(ExampleImage example, byte[] pixels, string kind, string? prediction)
    {
        var isRight = prediction == example.Label;
        var mark = isRight ? "✓" : "✗";
        return Tag(
            "div",
            prediction is null || isRight ? null : Class("wrong"),
            Tag(
                "img",
                Attribute("src", $"data:image/png;base64,{Convert.ToBase64String(PngImage.Encode(example, pixels))}"),
                Attribute("alt", $"{kind} of {example.Label}"),
                new XAttribute("width", example.Width),
                new XAttribute("height", example.Height)),
            Tag("div", Class("prediction"), prediction is null ? "change" : $"{mark} {prediction}"));
    }
}
