using System.Text.Json.Serialization.Metadata;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Serving.Responses;

namespace EcoM2F.Serving.Http;

/// <summary><c>GET /v1/models</c> and <c>/v1/models/{name}</c>.</summary>
internal static class ModelEndpoints
{
    public const string ListName = "ListModels";
    public const string GetName = "GetModel";

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/models", static (HttpResponse response, ModelRegistry registry) =>
        {
            if (!registry.IsReady)
            {
                throw new SegmentationException(SegmentationError.NotReady, "Models are being loaded.");
            }

            var models = registry.Models
                .Select(static model => model.Manifest)
                .OrderBy(static model => model.Name, StringComparer.Ordinal)
                .Select(model => model.ToBody(IsDefault(model, registry)));
            return Json(response, new ModelListBody([.. models]), ApiJson.Relaxed.ModelListBody);
        }).WithName(ListName);

        routes.MapGet("/v1/models/{name}", static (string name, HttpResponse response, ModelRegistry registry) =>
        {
            var model = registry.Get(name).Manifest;
            return Json(response, model.ToBody(IsDefault(model, registry)), ApiJson.Relaxed.ModelBody);
        }).WithName(GetName);
    }

    private static bool IsDefault(ModelManifest model, ModelRegistry registry) =>
        model.Name == "default" || registry.Models.Count == 1;

    private static IResult Json<T>(HttpResponse response, T body, JsonTypeInfo<T> type)
    {
        response.Headers.CacheControl = "no-store";
        return TypedResults.Json(body, type);
    }
}
