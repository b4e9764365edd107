using EcoM2F.Serving.Hosting;

if (HealthProbe.IsAsked(args))
{
    return await HealthProbe.RunAsync(args[1..], Console.Error);
}

WebApplication app;
try
{
    app = await ServingApplication.StartAsync(args);
}
catch (Exception exception) when (StartFailure.Of(exception) is { } failure)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return failure.ExitCode;
}

await using (app)
{
    await app.WaitForShutdownAsync();
    return app.Services.GetRequiredService<ServiceState>().ExitCode;
}
