using System.Xml.Linq;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>Why something rests or failed, and how it goes on.</summary>
internal static class Message
{
    /// <param name="command">Resumes it.</param>
    public static XElement Create(RunState state, string? message, string command) => Tag(
        "section",
        Id("message"),
        Attribute("aria-live", "polite"),
        message is null && state is not (RunState.Paused or RunState.Failed) ? null : Tag(
            "div",
            Class(state == RunState.Failed ? "message failed" : "message"),
            message is null ? null : Tag("p", message),
            state is RunState.Paused or RunState.Failed ? Tag("p", "It goes on with: ", Tag("code", command)) : null));
}
