using System.CommandLine;
using System.Globalization;
using System.Net;
using Afa.Client.Options;
using Afa.Compute;
using Afa.Storage;

namespace Afa.Client.Commands;

/// <summary>Options that several commands take; each command needs instances of its own.</summary>
internal static class SharedOptions
{
    public static Option<string?> Store() => new("--store")
    {
        HelpName = "DIR|URL",
        Description =
            $"Folder with runs and checkpoints, or https://ACCOUNT.blob.core.windows.net/CONTAINER[/FOLDER]. Without it: ${ClientContext.StoreVariable}, else afa-store in the current folder. " +
            $"For a container: ${StoreLocation.ConnectionStringVariable}, or the file that ${StoreLocation.ConnectionStringFileVariable} names, else the identity of the workload or of 'az login'.",
    };

    /// <summary>Device slots of the cluster that a command starts; null: not given.</summary>
    public static Option<DeviceSlots?> Devices() => new("--devices")
    {
        HelpName = "cpu:N|cuda",
        Description =
            "Works on so many device slots at once: cpu:N are N that share the cores, cuda is one for each GPU, cuda:0,1 one for each of these " +
            $"(untested; needs the build for GPUs, AFA_TORCH_DEVICE=cuda). [default: {DeviceSlots.EveryCore}, one for each core]",
        CustomParser = argument =>
        {
            var text = argument.Tokens[0].Value;
            var problem = DeviceSlots.TryParse(text, out var slots) ? slots.Problem() : DeviceSlots.Rule(text);
            if (problem is not null)
            {
                argument.AddError($"--devices {problem}");
            }

            return slots;
        },
    };

    /// <summary>Where the silo that a command starts shows its metrics; null: nowhere.</summary>
    public static Option<int?> MetricsPort() => new("--metrics-port")
    {
        HelpName = "PORT",
        Description = "Serves metrics for Prometheus at http://127.0.0.1:PORT/metrics while it works.",
        CustomParser = argument =>
        {
            var text = argument.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= IPEndPoint.MaxPort)
            {
                return port;
            }

            argument.AddError($"--metrics-port must be a port from 1 to {IPEndPoint.MaxPort}, not '{text}'.");
            return null;
        },
    };

    public static Option<bool> Json() => new("--json")
    {
        Description = "Print one JSON document on standard output; everything else goes to standard error.",
    };

    public static SettingOption DataDirectory() => new("--data-dir", "dataDirectory", "DIR", "Folder with the data set's files. Without it, the usual places are searched.");

    public static SettingOption Images() => new("--images", "images", "N", "Test images to evaluate on, from the first on.", "1000");
}
