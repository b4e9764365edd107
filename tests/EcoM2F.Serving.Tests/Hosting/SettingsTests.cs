using EcoM2F.Inference.Engine;
using EcoM2F.Serving.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Tests.Hosting;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("Engine:Threads", "-1", "from 0")]
    [InlineData("Engine:QueueImages", "0", "from 1")]
    [InlineData("Engine:ExecutionProvider", "tpu", "'cpu' or 'cuda'")]
    [InlineData("Engine:Threads", "abc", "abc")]
    [InlineData("Engine:ModelFolder", "x", "ModelFolder")]
    public void Engine_WrongValue_IsNamed(string key, string value, string rule)
    {
        var failure = StartFailure.Explain(Assert.ThrowsAny<Exception>(() => Bind<EngineOptions>(EngineOptions.Section, key, value)));

        Assert.Equal(ExitCodes.BadSettings, failure?.ExitCode);
        Assert.Contains(key.Split(':')[1], failure?.Message, StringComparison.Ordinal);
        Assert.Contains(rule, failure?.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure!.Message);
    }

    [Fact]
    public void Shutdown_SeveralWrongValues_AreAllNamed()
    {
        var result = new SettingsValidator<ShutdownOptions>(ShutdownOptions.Section).Validate(null, new ShutdownOptions { DelaySeconds = -1, DrainSeconds = 0 });

        Assert.Equal(
            ["Shutdown:DelaySeconds must be from 0 to 600, not '-1'.", "Shutdown:DrainSeconds must be from 1 to 3600, not '0'."],
            result.Failures);
    }

    [Theory]
    [InlineData(true, "https://example.org", "http://localhost:3000")]
    [InlineData(true, "*")]
    [InlineData(false, "*", "https://example.org")]
    [InlineData(false, "example.org")]
    [InlineData(false, "https://example.org/")]
    [InlineData(false, "ftp://example.org")]
    public void Cors_Origins_AreChecked(bool valid, params string[] origins) =>
        Assert.Equal(valid, new CorsSettingsValidator().Validate(null, new CorsSettings { Origins = origins }).Succeeded);

    [Fact]
    public void Explain_BugOfOurs_IsLeftAlone() =>
        Assert.Null(StartFailure.Explain(new InvalidOperationException("a bug")));

    private static T Bind<T>(string section, string key, string value)
        where T : class
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build());
        services.AddSettings<T>(section);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<T>>().Value;
    }
}
