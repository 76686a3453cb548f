using Aim.Api;
using Aim.Functions.Durable;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace Aim.Functions;

/// <summary>Every HTTP request: one function in front of the pipeline that the local host has too. Who calls is decided there, by bearer token.</summary>
public sealed class ApiFunction(ApiPipeline pipeline, DurableWorkflowClient client)
{
    [Function(nameof(Api))]
    public IResult Api(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = "{*path}")] HttpRequest request, [DurableClient] DurableTaskClient durable) =>
        new PipelineResult(pipeline, client, durable);

    private sealed class PipelineResult(ApiPipeline pipeline, DurableWorkflowClient client, DurableTaskClient durable) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            client.Use(durable);
            await pipeline.HandleAsync(httpContext);
        }
    }
}
