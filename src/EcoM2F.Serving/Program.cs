using EcoM2F.Inference.Engine;
using EcoM2F.Serving.Hosting;

if (Usage.IsAsked(args))
{
    Console.Write(Usage.Text);
    return ExitCodes.Done;
}

if (HealthProbe.IsAsked(args))
{
    return await HealthProbe.RunAsync(args[1..], Console.Error);
}

if (Usage.Error(args) is { } wrong)
{
    await Console.Error.WriteLineAsync(wrong);
    return ExitCodes.BadSettings;
}

NativeHeap.KeepSmall();
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
