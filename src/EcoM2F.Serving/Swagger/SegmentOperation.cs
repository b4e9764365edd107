using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Requests;
using EcoM2F.Inference.Results;
using EcoM2F.Serving.Http;
using EcoM2F.Serving.Responses;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace EcoM2F.Serving.Swagger;

/// <summary>
/// Describes <c>POST /v1/segment</c>, which reads its request itself. The form comes first among the bodies, because the page's
/// "Try it out" can then upload a file.
/// </summary>
internal sealed class SegmentOperation : IOperationFilter
{
    private static readonly ProblemKind[] Problems =
        [.. ProblemKind.All.Where(static kind => kind != ProblemKind.NotFound && kind != ProblemKind.MethodNotAllowed)];

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.OperationId != SegmentEndpoint.Name)
        {
            return;
        }

        operation.Summary = "Segments an image, or detects the objects in it.";
        operation.Description = "The format of the image is told by its first bytes: JPEG, PNG, WebP, GIF, TIFF, AVIF. Results have the size of the upright image, or what `mask-size` says.";
        operation.Parameters = [Budget(), Priority(), .. QueryParameters()];
        operation.RequestBody = Body();
        operation.Responses = new OpenApiResponses { ["200"] = Success(context) };
        ApiParts.AddProblems(operation.Responses, context, Problems);
    }

    internal static OpenApiParameter Budget() => new()
    {
        Name = ComputeHeaders.ComputeBudget,
        In = ParameterLocation.Header,
        Description = "What the image may cost: an RFC 9651 dictionary. "
            + string.Join("; ", ComputeBudgetParser.Allowed.Select(static key => $"`{key.Key}`: {key.Value}"))
            + ". `depth` can only be combined with `size`, `decoder-depth` and `deadline-ms`; `beta` not with `profile`; `size` not with `min-size` and `max-size`.",
        Schema = ApiParts.Text(),
        Example = JsonValue.Create("max-depth=4, deadline-ms=60000"),
    };

    internal static OpenApiParameter Priority() => new()
    {
        Name = PriorityHeader.Name,
        In = ParameterLocation.Header,
        Description = "RFC 9218: `u` from 0 (first) to 7 (last), 3 by default, orders the images that wait. What cannot be read is ignored.",
        Schema = ApiParts.Text(),
        Example = JsonValue.Create("u=3"),
    };

    internal static IEnumerable<OpenApiParameter> QueryParameters()
    {
        foreach (var (key, allowed) in RequestParameters.Allowed)
        {
            OpenApiSchema schema = key switch
            {
                RequestParameters.ScoreThreshold or RequestParameters.MaskThreshold or RequestParameters.OverlapThreshold =>
                    new() { Type = JsonSchemaType.Number, Minimum = "0", Maximum = "1" },
                RequestParameters.MinArea or RequestParameters.FillHoles =>
                    new() { Type = JsonSchemaType.Integer, Minimum = "0", Maximum = RequestParameters.MostPixels.ToString(CultureInfo.InvariantCulture) },
                RequestParameters.MaskSize => new() { Type = JsonSchemaType.String, Pattern = $"^({RequestParameters.OriginalSize}|{RequestParameters.ModelSize}|[0-9]+)$", Default = JsonValue.Create(RequestParameters.OriginalSize) },
                RequestParameters.Confidence => new() { Type = JsonSchemaType.Boolean, Default = JsonValue.Create(false) },
                RequestParameters.Tolerance =>
                    new() { Type = JsonSchemaType.Number, Minimum = "0", Maximum = MaskPolygons.MaxTolerance.ToString(CultureInfo.InvariantCulture) },
                RequestParameters.Segmentation => new() { Type = JsonSchemaType.String, Enum = [JsonValue.Create(RequestParameters.Rle), JsonValue.Create(RequestParameters.Polygon)] },
                RequestParameters.Procedure => new() { Type = JsonSchemaType.String, Enum = [JsonValue.Create("meta"), JsonValue.Create("hf")] },
                _ => ApiParts.Text(),
            };
            yield return ApiParts.Query(key, $"{char.ToUpperInvariant(allowed[0])}{allowed[1..]}.", schema);
        }
    }

    private static OpenApiRequestBody Body()
    {
        var form = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string> { ImageUpload.PartName },
            Properties = new Dictionary<string, IOpenApiSchema> { [ImageUpload.PartName] = ApiParts.Binary("The image.") },
        };
        var content = new Dictionary<string, OpenApiMediaType> { ["multipart/form-data"] = new() { Schema = form } };
        foreach (var type in (string[])["image/jpeg", "image/png", "application/octet-stream"])
        {
            content[type] = new() { Schema = ApiParts.Binary("The image itself.") };
        }

        return new OpenApiRequestBody { Required = true, Content = content };
    }

    private static OpenApiResponse Success(OperationFilterContext context)
    {
        var response = ApiParts.Json<SegmentationBody>(context, "The result, in the type that `Accept` asks for.");
        response.Content!["image/png"] = new() { Schema = ApiParts.Binary("COCO panoptic ids, R + 256 G + 65536 B; 0 is void. Exactly one of the tasks panoptic and semantic.") };
        response.Content["multipart/mixed"] = new() { Schema = ApiParts.Binary("The JSON, then the PNG, then with `confidence=true` an 8-bit grey PNG named `confidence`. Exactly one of the tasks panoptic and semantic.") };
        response.Content["image/webp"] = new() { Schema = ApiParts.Binary("Overlay to look at.") };
        response.Content["image/jpeg"] = new() { Schema = ApiParts.Binary("Overlay to look at.") };
        response.Headers = new Dictionary<string, IOpenApiHeader>
        {
            [ComputeHeaders.ComputeUsed] = ApiParts.Header("What the image cost; `size` and `max-size` only where the model has several sizes, `decoder-depth` and `max-decoder-depth` only where it has decoder exits.", "depth=2, max-depth=6, size=320, max-size=384, reason=gate, gmacs=3.1, saved=0.47"),
            [ComputeHeaders.ServerTiming] = ApiParts.Header("Milliseconds by stage.", "stem;dur=21.0, encoder;dur=14.8;desc=\"3/6\""),
        };
        return response;
    }
}
