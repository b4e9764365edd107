using EcoM2F.Inference.Settings;
using EcoM2F.Serving.Hosting;
using EcoM2F.TestSupport;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Tests.Hosting;

/// <summary>Settings as operators read of them, against the options, and <c>docs/settings.md</c> against both.</summary>
public sealed class SettingsReferenceTests
{
    /// <summary>Set to 1, the test writes the page's table instead of comparing it.</summary>
    private const string WriteDocs = "ECOM2F_WRITE_DOCS";

    private const string Head = "| key | default | allowed | meaning |\n|---|---|---|---|\n";

    private static readonly string Page = Path.Combine(RepositoryPaths.Root, "docs", "settings.md");

    [Fact]
    public void Page_Table_IsThatOfTheOptions()
    {
        var text = File.ReadAllText(Page);
        var start = text.IndexOf(Head, StringComparison.Ordinal);
        Assert.True(start > 0, $"{Page} has no table that begins with {Head}");
        var end = text.IndexOf("\n\n", start, StringComparison.Ordinal) + 1;
        var table = Head + string.Concat(SettingsReference.Rows.Select(static row => $"| `{row.Key}` | {row.Default} | {row.Allowed} | {row.Meaning} |\n"));
        if (Environment.GetEnvironmentVariable(WriteDocs) == "1")
        {
            File.WriteAllText(Page, text[..start] + table + text[end..]);
            return;
        }

        Assert.True(
            table == text[start..end],
            $"docs/settings.md differs from the options. To write it anew: {WriteDocs}=1 dotnet run --project tests/EcoM2F.Serving.Tests -- --filter-class \"*{nameof(SettingsReferenceTests)}\"\nIt must be:\n{table}");
    }

    [Fact]
    public void Sections_All_AreThoseThatTheServiceReads()
    {
        var read = ServingApplication.CreateBuilder([]).Services
            .Where(static service => service.ServiceType.IsGenericType && service.ServiceType.GetGenericTypeDefinition() == typeof(IValidateOptions<>)
                && service.ImplementationInstance?.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(SettingsValidator<>))
            .Select(static service => service.ServiceType.GetGenericArguments()[0]);

        Assert.Equal(read.OrderBy(static type => type.Name), SettingsReference.Sections.Select(static section => section.Options).OrderBy(static type => type.Name));
    }

    [Fact]
    public void Shipped_Settings_AreTheDefaults()
    {
        var shipped = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, ShippedSettings.FileName)).Build();
        var rows = SettingsReference.Rows.ToDictionary(static row => row.Key, static row => row.Default.Trim('`'));
        var values = SettingsReference.Sections.SelectMany(section => shipped.GetSection(section.Name).GetChildren()).ToList();

        Assert.NotEmpty(values);
        Assert.All(values, value => Assert.Equal(rows[value.Path], value.Value));
    }

    [Theory]
    [InlineData(typeof(Silent), nameof(Silent.Value))]
    [InlineData(typeof(Unbounded), nameof(Unbounded.Value))]
    public void Of_PropertyThatLeavesSomethingOpen_IsNamed(Type options, string property) =>
        Assert.Contains(property, Assert.Throws<InvalidOperationException>(() => SettingsReference.Of("Test", options).ToList()).Message, StringComparison.Ordinal);

    private sealed class Silent
    {
        public bool Value { get; set; }
    }

    private sealed class Unbounded
    {
        [Setting("Any number.")]
        public int Value { get; set; }
    }
}
