using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>What is shown for a name that the lists do not have. It may come: a run is listed a moment after it was started.</summary>
internal static class MissingPage
{
    public static string Create(ClusterView view, PageIdentity identity) => PageFrame.Create(
        "There is nothing of this name", identity, view, ProblemList.Create(view), Tag("p", "It may have been deleted, or not be there yet. ", Link(PageLinks.Overview, "Everything that is there")));
}
