using Afa.Client.Reports;
using Afa.Evaluation;
using Xunit;

namespace Afa.Client.Tests.Reports;

public sealed class LeaderboardTests : IDisposable
{
    private static readonly DateTimeOffset s_monday = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly ReportFolder _report = new();

    public void Dispose() => _report.Dispose();

    [Fact]
    public void Create_AutoAttackOnSome_RanksThemFirstAndSaysWhatTheRankIsFrom()
    {
        var group = Create(
            Result("pgd only", ("fgsm", 15), ("pgd-20", 14)),
            Result("weak", ("pgd-20", 12), ("autoattack", 8)),
            Result("strong", ("pgd-20", 11), ("autoattack", 10)),
            Result("not attacked")).Single();

        Assert.Equal(
            [("strong", 1, "autoattack"), ("weak", 2, "autoattack"), ("pgd only", 1, "pgd-20"), ("not attacked", 1, null)],
            group.Rows.Select(row => (row.Checkpoint, row.Rank, row.RankedBy)));
        Assert.Equal(10, group.Rows[0].Robust!.Correct);
    }

    [Fact]
    public void Create_NoAutoAttack_RanksAllByTheSameAttack()
    {
        // The lowest accuracy of any row is under pgd-50, so that the row whose own lowest is fgsm is ranked by pgd-50 too.
        var group = Create(
            Result("a", ("fgsm", 9), ("pgd-50", 10)),
            Result("b", ("fgsm", 12), ("pgd-50", 8))).Single();

        Assert.Equal([("a", "pgd-50"), ("b", "pgd-50")], group.Rows.Select(row => (row.Checkpoint, row.RankedBy)));
    }

    [Fact]
    public void Create_TheSameAttackTwice_TheNewestCounts()
    {
        var rows = Leaderboard.Create(
        [
            SampleReport.Document(Result("a", ("autoattack", 9)) with { CreatedAt = s_monday }),
            SampleReport.Document(Result("a", ("autoattack", 5), ("fgsm", 12)) with { CreatedAt = s_monday.AddDays(-1) }),
        ]).Single().Rows;

        var row = Assert.Single(rows);
        Assert.Equal(9, row.Robust!.Correct);
        Assert.Equal(12, row.Find("fgsm")!.Correct);   // What only the older one measured is kept.
        Assert.Equal(s_monday, row.CreatedAt);
    }

    [Fact]
    public void Create_AnotherCleanAccuracy_LeavesTheOlderEvaluationOut()
    {
        var old = Result("a", ("autoattack", 5)) with { CreatedAt = s_monday.AddDays(-1) };
        old = old with { Attacks = [.. old.Attacks.Select(attack => attack.Attack == "clean" ? attack with { Correct = 19 } : attack)] };

        var row = Create(Result("a", ("fgsm", 9)) with { CreatedAt = s_monday }, old).Single().Rows.Single();

        Assert.Equal("fgsm", row.RankedBy);
        Assert.Null(row.Find("autoattack"));
    }

    [Fact]
    public void Create_WhatCannotBeCompared_IsInDifferentGroups()
    {
        var groups = Create(
            Result("a", ("fgsm", 9)),
            Result("a", ("fgsm", 9)) with { Epsilon = "0.3" },
            Result("a", ("fgsm", 9)) with { Norm = "l2", Epsilon = "0.5" },
            Result("a", ("fgsm", 9)) with { Dataset = "cifar-10" });

        Assert.Equal(
            [("cifar-10", "linf", "8/255"), ("fashion-mnist", "l2", "0.5"), ("fashion-mnist", "linf", "8/255"), ("fashion-mnist", "linf", "0.3")],
            groups.Select(group => (group.Dataset, group.Norm, group.Epsilon)));
    }

    [Fact]
    public void Create_TheSameRadiusInOtherWords_IsOneGroup()
    {
        var group = Create(Result("a", ("fgsm", 9)), Result("b", ("fgsm", 8)) with { Epsilon = "0.031372549019607843" }).Single();

        Assert.Equal("8/255", group.Epsilon);
        Assert.Equal(["a", "b"], group.Rows.Select(row => row.Checkpoint));
    }

    [Fact]
    public void Create_OtherNumbersOfImages_AreRowsOfTheirOwn() =>
        Assert.Equal([20, 1000], Create(Result("a", ("fgsm", 9)), Result("a", ("fgsm", 9)) with { Images = 1000 }).Single().Rows.Select(row => row.Images).Order());

    [Fact]
    public void Create_EqualAccuracy_SharesTheRank() =>
        Assert.Equal([1, 1, 3], Create(Result("c", ("fgsm", 9)), Result("a", ("fgsm", 9)), Result("b", ("fgsm", 8))).Single().Rows.Select(row => row.Rank));

    [Fact]
    public void Create_Nothing_IsEmpty() => Assert.Empty(Leaderboard.Create([]));

    [Fact]
    public void Write_SeveralRankings_SaysWhatCannotBeCompared()
    {
        var path = LeaderboardReport.Write(_report.Path, Create(
            Result("<b>x</b>", ("autoattack", 9)) with { Warnings = ["The loss is saturated."] },
            Result("y", ("pgd-20", 9))));

        Assert.Equal(Path.Combine(_report.Path, "leaderboard.html"), path);
        var page = _report.Html("leaderboard.html");
        Assert.Equal(
            [
                "1 checkpoint, small-cnn, 20 images, evaluated on 2026-11-22, ranked by autoattack.",
                "1 checkpoint, small-cnn, 20 images, evaluated on 2026-11-22, ranked by pgd-20; not to be compared with the ranks above.",
            ],
            page.Descendants("p").Skip(1).Select(p => p.Value));
        Assert.Contains("<b>x</b>: The loss is saturated.", page.Descendants("li").Select(li => li.Value));
    }

    [Fact]
    public void Write_NoEvaluation_SaysSo()
    {
        LeaderboardReport.Write(_report.Path, []);

        Assert.Contains("No evaluation is finished.", _report.Text("leaderboard.html"), StringComparison.Ordinal);
    }

    private static IReadOnlyList<LeaderboardGroup> Create(params EvaluationResult[] results) => Leaderboard.Create([SampleReport.Document(results)]);

    private static EvaluationResult Result(string checkpoint, params (string Attack, int Correct)[] attacks) => SampleReport.Result() with
    {
        Checkpoint = checkpoint,
        Attacks = [SampleReport.Attack("clean", 16), .. attacks.Select(attack => SampleReport.Attack(attack.Attack, attack.Correct))],
    };
}
