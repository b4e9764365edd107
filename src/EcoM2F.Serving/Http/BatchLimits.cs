using System.Globalization;

namespace EcoM2F.Serving.Http;

/// <summary>How much one batch may hold.</summary>
/// <param name="MaxImages">Parts of the form.</param>
/// <param name="InFlight">Images of one batch that are in memory at a time: being segmented, or waiting for it.</param>
internal sealed record BatchLimits(int MaxImages, int InFlight)
{
    public string Allowed => string.Create(CultureInfo.InvariantCulture, $"multipart/form-data with 1 to {MaxImages} parts '{ImageUpload.PartName}', and no others");
}
