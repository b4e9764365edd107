using System.Text.Json.Nodes;
using EcoM2F.Inference.Results;
using EcoM2F.Serving.Observability;
using EcoM2F.Serving.Responses;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace EcoM2F.Serving.Swagger;

/// <summary>The API's description at /swagger/v1/swagger.json, and the page to try it at /swagger.</summary>
internal static class SwaggerSetup
{
    private const string Document = "v1";

    private const string Description = """
        Mask2Former-style segmentation in which compute per request is a variable: a gate chooses how many encoder layers an image
        needs, and at which input size where the model has several, and a request can cap, force or price that choice with the header `Compute-Budget`. Each answer says what it cost.
        Errors are RFC 9457 problem documents. Besides what is listed: `/livez`, `/readyz`, `/metrics` (Prometheus).
        """;

    public static void AddApiDescription(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(Document, new OpenApiInfo { Title = "EcoM2F.Serving", Version = TelemetrySetup.Version, Description = Description });
            options.OperationFilter<SegmentOperation>();
            options.OperationFilter<BatchOperation>();
            options.OperationFilter<ModelOperations>();
            options.CustomSchemaIds(static type => type.Name.Replace("Body", "", StringComparison.Ordinal));
            options.SupportNonNullableReferenceTypes();
            options.MapType<JsonObject>(static () => new OpenApiSchema { Type = JsonSchemaType.Object });
            options.IncludeXmlComments(typeof(SwaggerSetup).Assembly);
            options.IncludeXmlComments(typeof(SegmentationBody).Assembly);
        });
        // the document has the names that bodies really have
        services.AddSingleton<ISerializerDataContractResolver>(new JsonSerializerDataContractResolver(ApiJson.Relaxed.Options));
    }

    public static void UseApiDescription(this WebApplication app)
    {
        app.UseSwagger();
        app.UseSwaggerUI(static options =>
        {
            options.SwaggerEndpoint($"{Document}/swagger.json", "EcoM2F.Serving");
            options.EnableTryItOutByDefault();
            options.DocumentTitle = "EcoM2F.Serving";
        });
    }
}
