using System.Text.Json.Nodes;
using EcoM2F.Serving.Http;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace EcoM2F.Serving.Swagger;

/// <summary>Pieces of an OpenAPI document that several operations share.</summary>
internal static class ApiParts
{
    public static OpenApiSchema Binary(string description) => new() { Type = JsonSchemaType.String, Format = "binary", Description = description };

    public static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };

    public static OpenApiParameter Query(string name, string description, IOpenApiSchema schema) => new()
    {
        Name = name,
        In = ParameterLocation.Query,
        Description = description,
        Schema = schema,
    };

    public static OpenApiHeader Header(string description, string example) => new()
    {
        Description = description,
        Schema = Text(),
        Example = JsonValue.Create(example),
    };

    public static OpenApiResponse Json<T>(OperationFilterContext context, string description) => new()
    {
        Description = description,
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/json"] = new() { Schema = context.SchemaGenerator.GenerateSchema(typeof(T), context.SchemaRepository) },
        },
    };

    /// <summary>One response per status; its description lists the kinds that have it.</summary>
    public static void AddProblems(OpenApiResponses responses, OperationFilterContext context, IEnumerable<ProblemKind> kinds)
    {
        var schema = context.SchemaGenerator.GenerateSchema(typeof(ProblemDocument), context.SchemaRepository);
        foreach (var group in kinds.GroupBy(static kind => kind.Status))
        {
            var response = new OpenApiResponse
            {
                Description = string.Join("; ", group.Select(static kind => $"{kind.Title} (`{kind.Type}`)")),
                Content = new Dictionary<string, OpenApiMediaType> { [ProblemDocument.ContentType] = new() { Schema = schema } },
            };
            if (group.Key == StatusCodes.Status503ServiceUnavailable)
            {
                response.Headers = new Dictionary<string, IOpenApiHeader> { ["Retry-After"] = Header("Seconds.", "2") };
            }

            responses[group.Key.ToString(System.Globalization.CultureInfo.InvariantCulture)] = response;
        }
    }
}
