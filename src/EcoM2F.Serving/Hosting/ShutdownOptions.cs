using System.ComponentModel.DataAnnotations;
using EcoM2F.Inference.Settings;

namespace EcoM2F.Serving.Hosting;

/// <summary>How the service goes: unready at once, <see cref="DelaySeconds"/>, no new connections, <see cref="DrainSeconds"/> for what runs.</summary>
internal sealed class ShutdownOptions
{
    public const string Section = "Shutdown";

    /// <remarks>For load balancers to notice; requests are answered meanwhile.</remarks>
    [Setting("Between being unready and accepting nothing more.")]
    [Range(0, 600, ErrorMessage = "Shutdown:DelaySeconds must be from 0 to 600.")]
    public double DelaySeconds { get; set; }

    /// <remarks>What is left then is cut off.</remarks>
    [Setting("For requests that are under way.")]
    [Range(1, 3600, ErrorMessage = "Shutdown:DrainSeconds must be from 1 to 3600.")]
    public double DrainSeconds { get; set; } = 30;
}
