using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;

namespace RecordingPlatform.Api.Http;

/// <summary>An RFC 9457 answer with a stable <c>code</c> that programs branch on and a detail that says what to do.</summary>
internal abstract class Problem(int status, string code, string detail) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => status;

    public string Code => code;

    public string Detail => detail;

    /// <summary>Seconds after which trying again makes sense.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>How many bytes would have been taken, where there were too many.</summary>
    public long? LimitBytes { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (RetryAfter is { } seconds)
            httpContext.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var details = new ProblemDetails { Status = status, Detail = detail, Extensions = { ["code"] = code, ["trace_id"] = System.Diagnostics.Activity.Current?.TraceId.ToString() ?? httpContext.TraceIdentifier } };
        if (LimitBytes is { } limit)
            details.Extensions["limit_bytes"] = limit;
        return TypedResults.Problem(details).ExecuteAsync(httpContext);
    }

    protected static void Describe(int status, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));
}

internal sealed class BadRequest(string code, string detail) : Problem(400, code, detail), IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(400, builder);
}

internal sealed class Unauthorized(string code, string detail) : Problem(401, code, detail), IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(401, builder);
}

internal sealed class Forbidden(string code, string detail) : Problem(403, code, detail), IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(403, builder);
}

internal sealed class NotFound(string code, string detail) : Problem(404, code, detail), IEndpointMetadataProvider
{
    /// <summary>Also what a caller gets for a recording they may not see: the two are not told apart.</summary>
    public static NotFound Recording { get; } = new("recording_not_found", "There is no such recording, or it is not yours to see.");

    public static NotFound Conversation { get; } = new("conversation_not_found", "There is no such conversation, or it is not yours to see.");

    public static NotFound Expectation { get; } = new("expectation_not_found", "Nothing of that id is expected, or it is not yours to see.");

    public static NotFound User { get; } = new("user_not_found", "There is no such user.");

    public static NotFound Job { get; } = new("job_not_found", "There is no such job: it never was, or it was done long ago.");

    public static NotFound Session { get; } = new("session_not_found", "There is no such session in force.");

    public static NotFound Source { get; } = new("source_not_found", "There is no such source, or it is not yours to see.");

    public static NotFound Filter { get; } = new("filter_not_found", "You have no such filter.");

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(404, builder);
}

internal sealed class Conflict(string code, string detail) : Problem(409, code, detail), IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(409, builder);
}

internal sealed class Gone(string code, string detail) : Problem(410, code, detail), IEndpointMetadataProvider
{
    public static Gone Recording { get; } = new("recording_deleted", "The recording was deleted; its record remains, its media are closed.");

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(410, builder);
}

internal sealed class TooLarge(string code, string detail) : Problem(413, code, detail), IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(413, builder);
}

internal sealed class UnsupportedMedia(string code, string detail) : Problem(415, code, detail), IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(415, builder);
}

internal sealed class Unprocessable(string code, string detail) : Problem(422, code, detail), IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(422, builder);
}

internal sealed class Unavailable(string code, string detail) : Problem(503, code, detail), IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(503, builder);
}

internal sealed class Full(string code, string detail) : Problem(507, code, detail), IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(507, builder);
}

/// <summary>For the rare status that no use case names.</summary>
internal sealed class OtherProblem(int status, string code, string detail) : Problem(status, code, detail);
