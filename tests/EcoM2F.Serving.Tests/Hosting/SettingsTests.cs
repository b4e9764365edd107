using System.Net.Sockets;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Scheduling;
using EcoM2F.Serving.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
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
        var failure = StartFailure.Of(Assert.ThrowsAny<Exception>(() => Bind<EngineOptions>(EngineOptions.Section, key, value)));

        Assert.Equal(ExitCodes.BadSettings, failure?.ExitCode);
        Assert.Contains(key.Split(':')[1], failure?.Message, StringComparison.Ordinal);
        Assert.Contains(rule, failure?.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure!.Message);
    }

    [Fact]
    public void Shutdown_SeveralWrongValues_AreAllNamed()
    {
        var result = new SettingsValidator<ShutdownOptions>(ShutdownOptions.Section).Validate(null, new ShutdownOptions { DelaySeconds = -1, DrainSeconds = 0 });

        Assert.Collection(
            result.Failures!,
            static failure => AssertNames(failure, "Shutdown:DelaySeconds", "from 0 to 600", "'-1'"),
            static failure => AssertNames(failure, "Shutdown:DrainSeconds", "from 1 to 3600", "'0'"));

        static void AssertNames(string failure, string key, string range, string value) =>
            Assert.All([key, range, value], text => Assert.Contains(text, failure, StringComparison.Ordinal));
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

    [Theory]
    [InlineData("Engine:Threads", "abc", "whole number")]
    [InlineData("Engine:Warmup", "maybe", "true or false")]
    [InlineData("Engine:Threads:0", "1", "one value")]
    [InlineData("Engine:Threads", "", "whole number")]
    [InlineData("Engine:Threads", null, "whole number")]
    [InlineData("Engine", "5", "section")]
    public void Engine_WrongType_IsSaidWithoutTheProgramsTypes(string key, string? value, string rule)
    {
        var failure = StartFailure.Of(Assert.ThrowsAny<Exception>(() => Bind<EngineOptions>(EngineOptions.Section, key, value)));

        Assert.Contains(rule, failure?.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", failure?.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(nameof(EngineOptions), failure?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Http:PathBase", "seg", "path")]
    [InlineData("Http:PathBase", "/seg/", "path")]
    [InlineData("Http:PathBase", "//host", "path")]
    [InlineData("Http:Http2Ports:0", "70000", "65535")]
    [InlineData("Http:Http2Ports:0", "http", "whole number")]
    [InlineData("Http:TrustedProxies:0", "proxy.example.org", "addresses or networks")]
    [InlineData("Http:TrustedProxies:0", "10.0.0.0/33", "'10.0.0.0/33'")]
    public void Http_WrongValue_IsNamed(string key, string value, string rule)
    {
        var failure = StartFailure.Of(Assert.ThrowsAny<Exception>(() => Bind<HttpSettings>(HttpSettings.Section, key, value)));

        Assert.Equal(ExitCodes.BadSettings, failure?.ExitCode);
        Assert.Contains(key[..^2], failure?.Message, StringComparison.Ordinal);
        Assert.Contains(rule, failure?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Scheduling:TargetMilliseconds", "-1", "from 0 (off) to 600000")]
    [InlineData("Scheduling:TargetMilliseconds", "half", "whole number")]
    [InlineData("Scheduling:MaxQueueMilliseconds", "600001", "from 0 (no limit) to 600000")]
    [InlineData("Scheduling:MaxQueueImages", "1", "MaxQueueImages is unknown")]
    public void Scheduling_WrongValue_IsNamed(string key, string value, string rule)
    {
        var failure = StartFailure.Of(Assert.ThrowsAny<Exception>(() => Bind<SchedulingOptions>(SchedulingOptions.Section, key, value)));

        Assert.Equal(ExitCodes.BadSettings, failure?.ExitCode);
        Assert.Contains(key, failure?.Message, StringComparison.Ordinal);
        Assert.Contains(rule, failure?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketError.AccessDenied, "--urls")]
    [InlineData(SocketError.AddressNotAvailable, "urls")]
    public void Of_AddressThatCannotBeTaken_SaysWhereToChangeIt(SocketError error, string cure)
    {
        var failure = StartFailure.Of(new SocketException((int)error));

        Assert.Equal(ExitCodes.Failed, failure?.ExitCode);
        Assert.Contains(cure, failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_AnyFailure_IsOneLineWithItsCauses()
    {
        var failure = StartFailure.Of(new InvalidOperationException("first\nsecond", new IOException("cause")));

        Assert.Equal(ExitCodes.Failed, failure?.ExitCode);
        Assert.EndsWith("first second cause", failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_ToolThatInspectsTheProgram_IsLeftAlone() => Assert.Null(StartFailure.Of(new HostAbortedException()));

    private static T Bind<T>(string section, string key, string? value)
        where T : class
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build());
        services.AddSettings<T>(section);
        services.AddSingleton<IValidateOptions<HttpSettings>, HttpSettingsValidator>();
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<T>>().Value;
    }
}
