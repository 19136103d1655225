namespace Afa.Sweeps;

/// <summary>One combination of options, which is trained with each seed.</summary>
/// <param name="Name">Such as "afa-adv-head" (a variant), "07" (a place in a grid) or "afa-07".</param>
/// <param name="Variant">Name of its <see cref="SweepVariant"/>; empty without variants.</param>
/// <param name="Settings">What it changes of the base; no key twice.</param>
public sealed record SweepPoint(string Name, string Variant, IReadOnlyList<SweepSetting> Settings)
{
    /// <summary>Such as "afa.temperature=0.05, head.images=clean"; empty for the base itself.</summary>
    public string Text => string.Join(", ", Settings.Select(setting => $"{setting.Key}={setting.Text}"));

    /// <summary>The option's value; null if the point leaves it as in the base.</summary>
    public string? Find(string key) => Settings.FirstOrDefault(setting => setting.Key == key)?.Text;
}
