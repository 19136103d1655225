namespace Afa.Attacks;

/// <summary>Attacks that run one after the other, each from the clean image and only on the samples that withstood those before it.</summary>
/// <param name="Name">As the user wrote it: one attack ("pgd-20"), several ("apgd-ce+square") or an ensemble ("autoattack").</param>
public sealed record AttackCascade(string Name, IReadOnlyList<AttackStage> Stages)
{
    /// <summary>Whether a sample that it breaks is broken in the worst case.</summary>
    public bool IsInBall => Stages.All(stage => stage.Description.Kind != AttackKind.Corruption);

    /// <summary>Reads attacks as users write them; a group of corruptions becomes one cascade for each.</summary>
    /// <exception cref="ArgumentException">A name is not known or does not work in the norm; the message says what does.</exception>
    public static IReadOnlyList<AttackCascade> Parse(IEnumerable<string> names, AttackNorm norm) =>
        [.. names.SelectMany(AttackRegistry.Expand).Distinct().Select(name => new AttackCascade(name, [.. CreateStages(name, norm)]))];

    private static IEnumerable<AttackStage> CreateStages(string name, AttackNorm norm)
    {
        if (AutoAttack.IsVersion(name))
        {
            return AutoAttack.Stages(name, norm);
        }

        return name.Split('+').Select(part =>
        {
            var attack = AttackRegistry.Get(part);
            return attack.Norms.Contains(norm)
                ? new AttackStage(attack, attack.Create(norm))
                : throw new ArgumentException($"The attack '{attack.Name}' works in {string.Join(" and ", attack.Norms)}, not in {norm}.", nameof(name));
        });
    }
}
