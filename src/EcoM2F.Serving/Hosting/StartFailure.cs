using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>A failure to start that its message explains better than a stack trace would.</summary>
internal sealed record StartFailure(string Message, int ExitCode)
{
    /// <returns>Null for anything that is no mistake of who started the service.</returns>
    public static StartFailure? Explain(Exception exception) => exception switch
    {
        OptionsValidationException invalid => new($"Wrong settings: {string.Join(" ", invalid.Failures)}", ExitCodes.BadSettings),
        AggregateException { InnerExceptions: var all } when all.All(static one => one is OptionsValidationException) =>
            new($"Wrong settings: {string.Join(" ", all.Cast<OptionsValidationException>().SelectMany(static one => one.Failures))}", ExitCodes.BadSettings),
        // the configuration binder's own: a value of the wrong type, or a key that there is not
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } unbound =>
            new($"Wrong settings: {unbound.Message}{Because(unbound)}", ExitCodes.BadSettings),
        FormatException { Source: "System.Private.Uri" or "Microsoft.AspNetCore.Http" or "Microsoft.AspNetCore.Server.Kestrel.Core" } format =>
            new($"Wrong settings: urls: {format.Message}", ExitCodes.BadSettings),
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } taken => new(taken.Message, ExitCodes.Failed),
        InvalidDataException { Source: "Microsoft.Extensions.Configuration.FileExtensions" } file =>
            new($"Wrong settings: {file.Message}{Because(file)}", ExitCodes.BadSettings),
        _ => null,
    };

    private static string Because(Exception exception) =>
        exception.InnerException is { } inner ? $" ({inner.Message})" : "";
}
