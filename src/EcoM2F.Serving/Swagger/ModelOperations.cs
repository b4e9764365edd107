using EcoM2F.Serving.Http;
using EcoM2F.Serving.Responses;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace EcoM2F.Serving.Swagger;

/// <summary>Describes <c>GET /v1/models</c> and <c>/v1/models/{name}</c>.</summary>
internal sealed class ModelOperations : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        switch (operation.OperationId)
        {
            case ModelEndpoints.ListName:
                operation.Summary = "Lists the loaded models.";
                operation.Responses = new OpenApiResponses { ["200"] = ApiParts.Json<ModelListBody>(context, "Their cards, exits, sizes, costs, profiles and classes.") };
                ApiParts.AddProblems(operation.Responses, context, [ProblemKind.NotReady]);
                break;
            case ModelEndpoints.GetName:
                operation.Summary = "Describes a loaded model.";
                operation.Responses = new OpenApiResponses { ["200"] = ApiParts.Json<ModelBody>(context, "Its card, exits, sizes, costs, profiles and classes.") };
                ApiParts.AddProblems(operation.Responses, context, [ProblemKind.UnknownModel, ProblemKind.NotReady]);
                break;
            default:
                break;
        }
    }
}
