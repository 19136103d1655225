using System.CommandLine;
using System.Text.Json;

namespace Afa.Client.Options;

/// <summary>A command-line option that sets one key of an options record. Its text is converted and checked together with all other settings.</summary>
internal sealed class SettingOption : Option<string?>
{
    /// <param name="key">Path of the key in JSON, such as "attack.epsilon".</param>
    /// <param name="help">What it sets.</param>
    /// <param name="defaultText">What help shows as the default; null if the help text says it.</param>
    public SettingOption(string name, string key, string helpName, string help, string? defaultText = null)
        : base(name)
    {
        Key = key;
        HelpName = helpName;
        Description = defaultText is null ? help : $"{help} [default: {defaultText}]";
    }

    public string Key { get; }

    /// <summary>Names of an enumeration as users write them, for help.</summary>
    public static string Choices<T>()
        where T : struct, Enum =>
        string.Join('|', Enum.GetNames<T>().Select(JsonNamingPolicy.KebabCaseLower.ConvertName));

    /// <summary>The setting, or null if the option was not given.</summary>
    public Setting? Read(ParseResult parsed) =>
        parsed.GetResult(this) is null ? null : new Setting(Key, parsed.GetValue(this), Name);
}
