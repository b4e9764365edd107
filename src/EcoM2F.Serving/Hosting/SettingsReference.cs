using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Scheduling;
using EcoM2F.Inference.Settings;
using EcoM2F.Serving.Observability;

namespace EcoM2F.Serving.Hosting;

/// <summary>Every setting that operators may give: ours, read from the options' properties, and the two that belong to ASP.NET and Serilog.</summary>
internal static partial class SettingsReference
{
    private const string Nothing = "none";

    /// <summary>Our sections and what each is bound to, in the order of the page.</summary>
    public static IReadOnlyList<(string Name, Type Options)> Sections { get; } =
    [
        (EngineOptions.Section, typeof(EngineOptions)),
        (SchedulingOptions.Section, typeof(SchedulingOptions)),
        (BudgetOptions.Section, typeof(BudgetOptions)),
        (EngineSetup.LimitsSection, typeof(ImageLimits)),
        (ShutdownOptions.Section, typeof(ShutdownOptions)),
        (CorsSettings.Section, typeof(CorsSettings)),
        (HttpSettings.Section, typeof(HttpSettings)),
        (OtlpOptions.Section, typeof(OtlpOptions)),
        (LogSettings.Section, typeof(LogSettings)),
    ];

    public static IReadOnlyList<SettingsRow> Rows { get; } =
    [
        .. Sections.SelectMany(static section => Of(section.Name, section.Options)),
        new("Serilog", "Information", "[Serilog's](https://github.com/serilog/serilog-settings-configuration)", "Levels (`Serilog__MinimumLevel__Default=Warning`), and further sinks."),
        new("urls", $"`{DefaultUrl.Value}`", "addresses", "Also `--urls`, `ASPNETCORE_URLS`, `ASPNETCORE_HTTP_PORTS` and `Kestrel:Endpoints`."),
    ];

    /// <exception cref="InvalidOperationException">A property says neither what it means nor what it may be.</exception>
    internal static IEnumerable<SettingsRow> Of(string section, Type options)
    {
        var first = Activator.CreateInstance(options);
        foreach (var property in options.GetProperties().Where(static property => property.CanWrite))
        {
            var setting = property.GetCustomAttribute<SettingAttribute>() ?? throw new InvalidOperationException($"{options.Name}.{property.Name} has no {nameof(SettingAttribute)}.");
            var allowed = setting.Allowed ?? Allowed(property) ?? throw new InvalidOperationException($"Nothing says what {section}:{property.Name} may be: neither an attribute that validates it nor {nameof(SettingAttribute)}.");
            yield return new SettingsRow($"{section}:{property.Name}", setting.Default ?? Text(property.GetValue(first)), allowed, setting.Meaning);
        }
    }

    private static string Text(object? value) => value switch
    {
        null or "" or ICollection { Count: 0 } => Nothing,
        bool flag => flag ? "`true`" : "`false`",
        string text => $"`{text}`",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string? Allowed(PropertyInfo property) => property.GetCustomAttribute<ValidationAttribute>() switch
    {
        RangeAttribute { Maximum: int.MaxValue } range => $"from {Number(range.Minimum)}",
        RangeAttribute range => $"{Number(range.Minimum)} to {Number(range.Maximum)}",
        RegularExpressionAttribute rule when Choice().Match(rule.Pattern) is { Success: true } choice => $"`{choice.Groups["words"].Value.Replace("|", "`, `", StringComparison.Ordinal)}`",
        null when property.PropertyType == typeof(bool) => "`true`, `false`",
        _ => null,
    };

    private static string? Number(object value) => Convert.ToString(value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\^\((?<words>\w+(\|\w+)*)\)\??\$$")]
    private static partial Regex Choice();
}
