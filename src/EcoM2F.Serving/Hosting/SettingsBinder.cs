using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>
/// Binds a section of the settings to an object. Keys that the section does not have and values of another type are refused, by the
/// names that the user wrote. (The framework's binder names types of the program.)
/// </summary>
internal static class SettingsBinder
{
    /// <exception cref="OptionsValidationException">Names every key that cannot be bound.</exception>
    public static void Bind<T>(IConfigurationSection section, T options)
        where T : class
    {
        var properties = typeof(T).GetProperties().Where(static property => property.CanWrite).ToList();
        var failures = section.GetChildren().Select(entry => Failure(entry, section.Path, properties)).OfType<string>().ToList();
        if (!string.IsNullOrEmpty(section.Value))
        {
            failures.Add($"{section.Path} must be a section of {Keys(properties)}, not '{section.Value}'.");
        }

        if (failures.Count > 0)
        {
            throw new OptionsValidationException(section.Path, typeof(T), failures);
        }

        section.Bind(options);
    }

    private static string? Failure(IConfigurationSection entry, string section, List<PropertyInfo> properties)
    {
        if (properties.Find(known => known.Name.Equals(entry.Key, StringComparison.OrdinalIgnoreCase)) is not { } property)
        {
            return $"{entry.Path} is unknown: {section} has {Keys(properties)}.";
        }

        var list = property.PropertyType.GetElementType();
        return list is null
            ? Mismatch(entry, property.PropertyType)
            : entry.GetChildren().Select(item => Mismatch(item, list)).FirstOrDefault(static mismatch => mismatch is not null);
    }

    private static string? Mismatch(IConfigurationSection entry, Type type)
    {
        if (entry.GetChildren().Any())
        {
            return $"{entry.Path} must be one value, not several.";
        }

        if (string.IsNullOrEmpty(entry.Value))
        {
            return type.IsValueType && Nullable.GetUnderlyingType(type) is null ? $"{entry.Path} must be {Name(type)}, not empty." : null;
        }

        var converter = TypeDescriptor.GetConverter(Nullable.GetUnderlyingType(type) ?? type);
        return converter.IsValid(entry.Value) ? null : $"{entry.Path} must be {Name(type)}, not '{entry.Value}'.";
    }

    private static string Keys(List<PropertyInfo> properties) => string.Join(", ", properties.Select(static known => known.Name));

    private static string Name(Type type) => Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) switch
    {
        TypeCode.Boolean => "true or false",
        TypeCode.Int32 or TypeCode.Int64 => "a whole number",
        TypeCode.Double or TypeCode.Single => "a number",
        _ => "another value",
    };
}
