using System.CommandLine;
using Afa.Client.Options;

namespace Afa.Client.Commands;

/// <summary>Options that several commands take; each command needs instances of its own.</summary>
internal static class SharedOptions
{
    public static Option<string?> Store() => new("--store")
    {
        HelpName = "DIR",
        Description = $"Folder with runs and checkpoints. Without it: ${ClientContext.StoreVariable}, else afa-store in the current folder.",
    };

    public static Option<bool> Json() => new("--json")
    {
        Description = "Print one JSON document on standard output; everything else goes to standard error.",
    };

    public static SettingOption DataDirectory() => new("--data-dir", "dataDirectory", "DIR", "Folder with the data set's files. Without it, the usual places are searched.");

    public static SettingOption Images() => new("--images", "images", "N", "Test images to evaluate on, from the first on.", "1000");
}
