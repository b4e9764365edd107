using EcoM2F.Serving.Hosting;

if (HealthProbe.IsAsked(args))
{
    return await HealthProbe.RunAsync(args[1..], Console.Error);
}

try
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddShippedSettings();
    builder.UseDefaultUrl();
    builder.AddServing();

    await using var app = builder.Build();
    app.UseServing();
    var state = app.Services.GetRequiredService<ServiceState>();
    await app.RunAsync();
    return state.ExitCode;
}
catch (Exception exception) when (StartFailure.Explain(exception) is { } failure)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return failure.ExitCode;
}
