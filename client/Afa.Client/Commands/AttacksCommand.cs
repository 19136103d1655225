using System.CommandLine;
using Afa.Attacks;
using Afa.Client.Output;

namespace Afa.Client.Commands;

/// <summary>Lists the known attacks.</summary>
internal sealed class AttacksCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Option<bool> _json = SharedOptions.Json();

    public AttacksCommand(ClientContext context)
        : base("attacks", "Lists the attacks that an evaluation can use.", "afa attacks", "afa attacks --json")
    {
        _context = context;
        Options.Add(_json);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        if (!output.IsJson)
        {
            Write(output);
        }

        output.WriteDocument(All());
        return ExitCode.Success;
    }

    private static void Write(ClientOutput output)
    {
        output.Text.WriteLine("Ensembles: each attack runs on the images that withstood those before it.");
        output.WriteTable(["Attack", "Passes", "Description"], [.. AutoAttack.Versions.Select(version => new[] { version.Name, Passes(Cost(version.Name)), version.Description })]);
        output.Text.WriteLine();
        output.Text.WriteLine("Single attacks; pgd takes any numbers of steps and restarts, such as pgd-100 or pgd-50-10:");
        output.WriteTable(["Attack", "Norms", "Kind", "Passes", "Description"], [.. AttackRegistry.All.Select(attack => new[] { attack.Name, Norms(attack), Kind(attack.Kind), Passes(attack.Passes), attack.Description })]);
        output.Text.WriteLine();
        output.Text.WriteLine($"Corruptions, which do not count for the worst case; '{AttackRegistry.AllCorruptions}' stands for all of them:");
        output.WriteTable(["Kind", "Attacks, by severity"], [.. AttackRegistry.CorruptionNames.GroupBy(name => name[..name.LastIndexOf('-')]).Select(kind => new[] { kind.Key, $"{kind.First()} to {kind.Last()}" })]);
        output.Text.WriteLine();
        output.Text.WriteLine("Transfer: transfer:CHECKPOINT attacks another checkpoint and tries its images; CHECKPOINT is a stored checkpoint or a run.");
        output.Text.WriteLine();
        output.Text.WriteLine("Passes are forward and backward passes for an image that withstands the attack: for ten times as many, expect ten times as long.");
        output.Text.WriteLine("  afa evaluate my-run --attack autoattack");
        output.Text.WriteLine("  afa evaluate my-run --attack pgd-50-10,apgd-ce+square     # a+b: b on what withstood a");
        output.Text.WriteLine("  afa evaluate my-run --attack fog-3,motion-blur-5");
        output.Text.WriteLine("  afa evaluate my-run --attack transfer:other-run");
    }

    private static IEnumerable<object> All() =>
    [
        .. AutoAttack.Versions.Select(version => new { version.Name, version.Description, Group = "ensemble", Kind = AttackKind.Bounded, Norms = Enum.GetValues<AttackNorm>(), Passes = Cost(version.Name) }),
        .. AttackRegistry.All.Select(attack => Document(attack, "attack")),
        .. AttackRegistry.CorruptionNames.Select(name => Document(AttackRegistry.Get(name), "corruption")),
        Document(AttackRegistry.Get("transfer:CHECKPOINT"), "transfer"),
    ];

    private static object Document(AttackDescription attack, string group) => new { attack.Name, attack.Description, Group = group, attack.Kind, attack.Norms, attack.Passes };

    private static int Cost(string version) => AutoAttack.Stages(version, AttackNorm.Linf).Sum(stage => stage.Description.Passes);

    private static string Passes(int passes) => passes.ToString("#,0", System.Globalization.CultureInfo.InvariantCulture);

    private static string Norms(AttackDescription attack) => string.Join(", ", attack.Norms.Select(StatusText.Name));

    private static string Kind(AttackKind kind) => kind == AttackKind.MinimumNorm ? "nearest image" : "within the ball";
}
