using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>How the service goes: unready at once, <see cref="DelaySeconds"/>, no new connections, <see cref="DrainSeconds"/> for what runs.</summary>
internal sealed class ShutdownOptions
{
    public const string Section = "Shutdown";

    /// <summary>Between being unready and accepting nothing more, for load balancers to notice; requests are answered meanwhile.</summary>
    /// <value>0</value>
    [Range(0, 600, ErrorMessage = "Shutdown:DelaySeconds must be from 0 to 600.")]
    public double DelaySeconds { get; set; }

    /// <summary>For requests that are under way; what is left then is cut off.</summary>
    /// <value>30</value>
    [Range(1, 3600, ErrorMessage = "Shutdown:DrainSeconds must be from 1 to 3600.")]
    public double DrainSeconds { get; set; } = 30;
}

[OptionsValidator]
internal sealed partial class ShutdownOptionsValidator : IValidateOptions<ShutdownOptions>;
