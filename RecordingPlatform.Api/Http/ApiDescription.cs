using System.Reflection;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;

namespace RecordingPlatform.Api.Http;

/// <summary>The codes that a route's problems carry, by status; what <c>Results&lt;…&gt;</c> cannot say.</summary>
internal sealed record ProblemCodes(int Status, IReadOnlyList<string> Codes);

internal static class DescriptionConventions
{
    /// <summary>Describes a problem this route answers with. Every problem has its codes here; a test asks for them.</summary>
    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder route, int status, params string[] codes) =>
        route.WithMetadata(new ProblemCodes(status, codes));
}

/// <summary>The API's description of itself: OpenAPI 3.1 at <c>/openapi/v1.json</c>. The golden copy in the tests shows each change.</summary>
internal static class ApiDescription
{
    const string ProblemSchema = "ProblemDetails";

    static readonly string[] Schemes = ["bearer", "api_key"];

    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        // Each use case calls its shapes Request and Response; out here they carry its name.
        options.CreateSchemaReferenceId = type => OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } id
            ? type.Type is { IsNested: true, IsGenericType: false, DeclaringType: { } useCase } ? useCase.Name + type.Type.Name : id
            : null;
        options.AddDocumentTransformer(DescribeDocument);
        options.AddOperationTransformer(DescribeOperation);
    });

    static Task DescribeDocument(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken ct)
    {
        document.Info = new OpenApiInfo
        {
            Title = "RecordingPlatform",
            Version = "v1",
            Description = "Recordings of calls, sessions and meetings: taken in, kept sealed, played to those who may hear them. JSON in snake_case, times ISO 8601 in UTC. "
                + "Errors are problem details (RFC 9457) with a stable `code`. What a caller may not see is 404.",
        };
        // Where the API is reached differs by deployment; whoever reads this has reached it.
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            ["bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The access_token of POST /api/v1/auth/login." },
            ["api_key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = Authentication.ApiKeyHeader, Description = "A key of a program, limited to its scopes." },
        };
        if (document.Components.Schemas?.TryGetValue(ProblemSchema, out var problem) == true && problem is OpenApiSchema { Properties: { } properties })
        {
            properties["code"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Stable: what programs branch on." };
            properties["trace_id"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Leads an operator to the cause." };
        }
        return Task.CompletedTask;
    }

    static async Task DescribeOperation(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<MethodInfo>().FirstOrDefault()?.DeclaringType is { } declaring)
        {
            while (declaring.IsNested)
                declaring = declaring.DeclaringType!;
            operation.OperationId = declaring == typeof(ServiceDefaults.Metrics.MetricsEndpoint) ? "Metrics" : declaring.Name;
            operation.Summary ??= Summaries.Of(declaring);
        }
        var needed = metadata.OfType<PermissionNeeded>().FirstOrDefault()?.Permission;
        var open = metadata.OfType<IAllowAnonymous>().Any();
        if (needed is not null)
            operation.Description = $"{operation.Description} Needs the permission `{needed}`.".Trim();
        if (!open)
            operation.Security = [.. Schemes.Select(scheme => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] })];

        var codes = metadata.OfType<ProblemCodes>().ToDictionary(p => p.Status, p => p.Codes.ToList());
        if (!open)
            AddCode(codes, 401, "unauthenticated");
        if (needed is not null)
            AddCode(codes, 403, "forbidden");
        if (!open && context.Description.HttpMethod is { } method && IdempotentWrites.IsWrite(method) && !metadata.OfType<NotIdempotentBecause>().Any())
        {
            AddCode(codes, 400, "idempotency_key_invalid");
            AddCode(codes, 409, "idempotency_in_flight");
            AddCode(codes, 409, "idempotency_answer_lost");
            AddCode(codes, 422, "idempotency_key_reused");
        }
        operation.Responses ??= [];
        foreach (var (status, said) in codes.OrderBy(p => p.Key))
            operation.Responses[$"{status}"] = await ProblemAsync($"Problem. code: {string.Join(", ", said.Order(StringComparer.Ordinal))}.", context, ct);
        operation.Responses["default"] = await ProblemAsync("Problem. code: internal_error (500), database_unavailable (503, with Retry-After).", context, ct);
    }

    static void AddCode(Dictionary<int, List<string>> codes, int status, string code)
    {
        if (!codes.TryGetValue(status, out var said))
            codes[status] = said = [];
        if (!said.Contains(code))
            said.Add(code);
    }

    static async Task<OpenApiResponse> ProblemAsync(string description, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var schema = await context.GetOrCreateSchemaAsync(typeof(ProblemDetails), null, ct);
        context.Document?.AddComponent(ProblemSchema, schema);
        return new OpenApiResponse
        {
            Description = description,
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/problem+json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(ProblemSchema, context.Document) } },
        };
    }
}
