namespace Afa.Attacks;

/// <summary>One attack of a cascade.</summary>
public sealed record AttackStage(AttackDescription Description, IAttack Attack)
{
    public string Name => Description.Name;
}
