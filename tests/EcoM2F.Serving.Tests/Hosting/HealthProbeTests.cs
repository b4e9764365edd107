using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EcoM2F.Serving.Hosting;

namespace EcoM2F.Serving.Tests.Hosting;

public sealed class HealthProbeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, "health")]
    [InlineData(true, "health", "--url", "http://127.0.0.1:1/readyz")]
    [InlineData(false)]
    [InlineData(false, "--urls", "health")]
    [InlineData(false, "Health")]
    public void IsAsked_FirstArgument_Decides(bool expected, params string[] arguments) =>
        Assert.Equal(expected, HealthProbe.IsAsked(arguments));

    [Theory]
    [InlineData("--url", "readyz")]
    [InlineData("--url", "ftp://127.0.0.1/readyz")]
    [InlineData("--urls", "http://127.0.0.1:0")]
    [InlineData("--urls", "nonsense")]
    public async Task Run_NoAddress_IsOneLine(params string[] arguments)
    {
        var (exitCode, error) = await RunAsync(arguments);

        Assert.Equal(ExitCodes.Failed, exitCode);
        Assert.Contains(arguments[1], error, StringComparison.Ordinal);
        Assert.Equal('\n', Assert.Single(error, static one => one == '\n'));
    }

    [Theory]
    [InlineData("200 OK", ExitCodes.Done, "")]
    [InlineData("503 Service Unavailable", ExitCodes.Failed, "503.")]
    [InlineData("204 No Content", ExitCodes.Failed, "204.")]
    [InlineData("302 Found\r\nLocation: http://127.0.0.1:1/", ExitCodes.Failed, "302.")]
    public async Task Run_Answer_OnlyOkIsHealthy(string status, int expected, string line)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var asked = AnswerAsync(listener, status);

        var (exitCode, error) = await RunAsync("--urls", $"http://0.0.0.0:{((IPEndPoint)listener.LocalEndpoint).Port}");

        Assert.Equal("GET /readyz HTTP/1.1", await asked);
        Assert.Equal(expected, exitCode);
        Assert.EndsWith(line, error.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(expected == ExitCodes.Done, error.Length == 0);
    }

    [Fact]
    public async Task Run_NobodyListens_SaysSo()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // held, so that nobody else listens on it meanwhile
        var port = ((IPEndPoint)silent.LocalEndPoint!).Port;

        var (exitCode, error) = await RunAsync("--url", $"http://127.0.0.1:{port}/livez");

        Assert.Equal(ExitCodes.Failed, exitCode);
        Assert.Contains($"127.0.0.1:{port}/livez", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_RunningService_IsFoundThroughEnvironment()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var asked = AnswerAsync(listener, "200 OK");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "EcoM2F.Serving.dll"));
        start.ArgumentList.Add(HealthProbe.Command);
        start.Environment["ASPNETCORE_HTTP_PORTS"] = $"{((IPEndPoint)listener.LocalEndpoint).Port}";
        start.Environment["HTTP_PROXY"] = "http://127.0.0.1:1";

        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);

        Assert.Equal("", error);
        Assert.Equal(ExitCodes.Done, process.ExitCode);
        Assert.Equal("GET /readyz HTTP/1.1", await asked);
    }

    private static async Task<(int ExitCode, string Error)> RunAsync(params string[] arguments)
    {
        await using var error = new StringWriter { NewLine = "\n" };
        var exitCode = await HealthProbe.RunAsync(arguments, error);
        return (exitCode, error.ToString());
    }

    /// <returns>The first line of the one request that it answers.</returns>
    private static async Task<string?> AnswerAsync(TcpListener listener, string status)
    {
        using var client = await listener.AcceptTcpClientAsync(Token);
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        var first = await reader.ReadLineAsync(Token);
        while (await reader.ReadLineAsync(Token) is { Length: > 0 })
        {
        }

        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"), Token);
        return first;
    }
}
