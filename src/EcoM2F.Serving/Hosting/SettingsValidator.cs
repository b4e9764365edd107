using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>
/// Holds settings to the attributes of their properties. Messages name key, allowed range and value, and all are collected.
/// (The generated validators know neither the section nor an attribute's own message.)
/// </summary>
/// <param name="section">Where the settings are bound from.</param>
internal sealed class SettingsValidator<T>(string section) : IValidateOptions<T>
    where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        var failures = new List<string>();
        foreach (var property in typeof(T).GetProperties())
        {
            var value = property.GetValue(options);
            foreach (var rule in property.GetCustomAttributes<ValidationAttribute>().Where(rule => !rule.IsValid(value)))
            {
                failures.Add(Message(property.Name, rule, value));
            }
        }

        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private string Message(string property, ValidationAttribute rule, object? value)
    {
        var text = rule is RangeAttribute range && rule.ErrorMessage is null
            ? string.Create(CultureInfo.InvariantCulture, $"{section}:{property} must be from {range.Minimum} to {range.Maximum}")
            : rule.FormatErrorMessage($"{section}:{property}").TrimEnd('.');
        return string.Create(CultureInfo.InvariantCulture, $"{text}, not '{value}'.");
    }
}
