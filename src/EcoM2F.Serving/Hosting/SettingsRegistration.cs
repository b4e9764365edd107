using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

internal static class SettingsRegistration
{
    /// <summary>Binds a section, refuses keys that it does not have, and checks values at start.</summary>
    public static OptionsBuilder<T> AddSettings<T>(this IServiceCollection services, string section)
        where T : class
    {
        services.AddSingleton<IValidateOptions<T>>(new SettingsValidator<T>(section));
        return services.AddOptions<T>()
            .Configure<IConfiguration>((options, configuration) => SettingsBinder.Bind(configuration.GetSection(section), options))
            .ValidateOnStart();
    }
}
