using System.Text.Json.Serialization.Metadata;
using EcoM2F.Inference.Engine;
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
            registry.RequireReady();
            var models = registry.Models.Select(model => model.Manifest.ToBody(IsDefault(model.Manifest, registry), model.Precision));
            return Json(response, new ModelListBody([.. models]), ApiJson.Relaxed.ModelListBody);
        }).WithName(ListName);

        routes.MapGet("/v1/models/{name}", static (string name, HttpResponse response, ModelRegistry registry) =>
        {
            var model = registry.Get(name);
            return Json(response, model.Manifest.ToBody(IsDefault(model.Manifest, registry), model.Precision), ApiJson.Relaxed.ModelBody);
        }).WithName(GetName);
    }

    private static bool IsDefault(ModelManifest model, ModelRegistry registry) =>
        model.Name == ModelRegistry.DefaultName || registry.Models.Count == 1;

    private static IResult Json<T>(HttpResponse response, T body, JsonTypeInfo<T> type)
    {
        ApiHeaders.SetOn(response.Headers);
        return TypedResults.Json(body, type);
    }
}
