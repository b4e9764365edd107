using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>Why the service did not start, in one line for whoever started it.</summary>
internal sealed record StartFailure(string Message, int ExitCode)
{
    private const string KestrelSource = "Microsoft.AspNetCore.Server.Kestrel.Core";

    /// <returns>Null where a tool that only inspects the program stopped it.</returns>
    public static StartFailure? Of(Exception exception) => exception switch
    {
        HostAbortedException => null,
        OptionsValidationException invalid => Settings(string.Join(" ", invalid.Failures)),
        AggregateException { InnerExceptions: var all } when all.All(static one => one is OptionsValidationException) =>
            Settings(string.Join(" ", all.Cast<OptionsValidationException>().SelectMany(static one => one.Failures))),
        InvalidOperationException { Source: KestrelSource } path when path.Message.Contains("UsePathBase", StringComparison.Ordinal) =>
            Settings("urls must hold addresses without a path; Http:PathBase takes the path."),
        InvalidOperationException { Source: KestrelSource } endpoint => Settings(Chain(endpoint)),
        FormatException { Source: "System.Private.Uri" or "Microsoft.AspNetCore.Http" or KestrelSource } format => Settings($"urls: {format.Message}"),
        FormatException { Source: "Microsoft.Extensions.Configuration.CommandLine" } argument => Settings(argument.Message),
        ArgumentOutOfRangeException { ParamName: "port" } => Settings("urls must have ports from 0 to 65535."),
        InvalidDataException file => Settings(Chain(file)),
        IOException { InnerException: AddressInUseException } taken => new(Line(taken.Message), ExitCodes.Failed),
        SocketException { SocketErrorCode: SocketError.AccessDenied } => Failed("the system does not allow listening on its address; ports below 1024 need a privilege. Choose another with --urls."),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => Failed("urls has an address that is not one of this machine's."),
        _ => Failed(Chain(exception)),
    };

    private static StartFailure Settings(string detail) => new(Line($"Invalid settings: {detail}"), ExitCodes.BadSettings);

    private static StartFailure Failed(string detail) => new(Line($"The service could not start: {detail}"), ExitCodes.Failed);

    /// <summary>The message and those of what caused it.</summary>
    private static string Chain(Exception exception)
    {
        var messages = new List<string>();
        for (var one = exception; one is not null; one = one.InnerException)
        {
            if (!messages.Exists(message => message.Contains(one.Message, StringComparison.Ordinal)))
            {
                messages.Add(one.Message);
            }
        }

        return string.Join(" ", messages);
    }

    private static string Line(string text) => text.ReplaceLineEndings(" ");
}
