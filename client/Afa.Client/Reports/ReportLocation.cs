using Afa.Client.Control;
using Afa.Storage;

namespace Afa.Client.Reports;

/// <summary>Where a report goes unless the user names a folder: to what it is about if the store is a folder, else into "afa-reports" in the current one.</summary>
internal static class ReportLocation
{
    /// <param name="store">Full path or address of the store, or the name of a cluster.</param>
    /// <param name="work">Name of what the report is about in the store, such as "runs/first".</param>
    public static string Of(string store, string work) => Path.Combine((SessionRequest.IsRemoteName(store) ? null : StoreLocation.Parse(store).Folder) ?? Path.GetFullPath("afa-reports"), work, "report");
}
