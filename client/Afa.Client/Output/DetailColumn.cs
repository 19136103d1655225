using Spectre.Console;
using Spectre.Console.Rendering;

namespace Afa.Client.Output;

/// <summary>The text to the right of a progress bar.</summary>
internal sealed class DetailColumn : ProgressColumn
{
    private const string StateKey = "detail";

    protected override bool NoWrap => true;

    public static void Set(ProgressTask task, string text) => task.State.Update<Detail>(StateKey, _ => new(text));

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
        new Text(task.State.Get<Detail>(StateKey).Text ?? "");

    // The state of a task holds values only.
    private readonly record struct Detail(string? Text);
}
