namespace EcoM2F.Serving.Http;

/// <summary>Makes every failure, ours and the framework's, a problem document.</summary>
internal static class ProblemSetup
{
    public static void AddProblems(this IServiceCollection services)
    {
        // before the framework's own writers: the first that can write does
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails();
        services.AddSingleton<ProblemFactory>();
        services.AddExceptionHandler<ProblemMapper>();
    }

    public static void UseProblems(this IApplicationBuilder app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
    }
}
