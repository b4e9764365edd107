using EcoM2F.Serving.Http;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace EcoM2F.Serving.Swagger;

/// <summary>Describes <c>POST /v1/segment/batch</c>.</summary>
internal sealed class BatchOperation(BatchLimits limits) : IOperationFilter
{
    private static readonly ProblemKind[] Problems =
        [ProblemKind.BadRequest, ProblemKind.BadBudget, ProblemKind.UnknownModel, ProblemKind.NotAcceptable, ProblemKind.UnsupportedFormat, ProblemKind.InternalError, ProblemKind.NotReady];

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.OperationId != BatchEndpoint.Name)
        {
            return;
        }

        operation.Summary = "Segments many images, each as /v1/segment would.";
        operation.Description = "The answer grows by a line for each image as soon as it is done, in the order of finishing: `{\"index\", \"name\", \"status\", \"result\" or \"problem\"}`. The budget holds for each image.";
        operation.Parameters = [SegmentOperation.Budget(), SegmentOperation.Priority(), .. SegmentOperation.QueryParameters()];
        operation.RequestBody = Body();
        operation.Responses = new OpenApiResponses { ["200"] = Lines() };
        ApiParts.AddProblems(operation.Responses, context, Problems);
    }

    private OpenApiRequestBody Body()
    {
        var images = new OpenApiSchema { Type = JsonSchemaType.Array, MinItems = 1, MaxItems = limits.MaxImages, Items = ApiParts.Binary("An image.") };
        var form = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string> { ImageUpload.PartName },
            Properties = new Dictionary<string, IOpenApiSchema> { [ImageUpload.PartName] = images },
        };
        return new OpenApiRequestBody { Required = true, Content = new Dictionary<string, OpenApiMediaType> { ["multipart/form-data"] = new() { Schema = form } } };
    }

    private static OpenApiResponse Lines() => new()
    {
        Description = "A line of JSON for each image.",
        Content = new Dictionary<string, OpenApiMediaType> { [BatchEntry.ContentType] = new() { Schema = ApiParts.Text() } },
    };
}
