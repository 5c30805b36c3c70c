using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace RecordingPlatform.Web.ApiClient;

/// <summary>A refusal or failure of the API (RFC 9457), with its stable code.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">Stable; what code may decide on.</param>
/// <param name="Detail">A sentence for the person, where the API gave one.</param>
/// <param name="RetryAfter">When it is worth trying again.</param>
public sealed record ApiProblem(int Status, string Code, string? Detail = null, TimeSpan? RetryAfter = null)
{
    /// <summary>The API did not answer, or not in a way that can be read.</summary>
    public static readonly ApiProblem Unreachable = new(StatusCodes.Status503ServiceUnavailable, "unreachable");

    /// <summary>Nothing is wrong with the request: the same one may succeed later.</summary>
    public bool IsTemporary => Status is 429 or >= 500;

    /// <summary>What a redirect tells the page behind it: the code, or <c>unreachable</c> for whatever is temporary.</summary>
    public string ToTell => IsTemporary ? Unreachable.Code : Code;

    public static async Task<ApiProblem> ReadAsync(HttpResponseMessage response, TimeProvider clock, CancellationToken ct)
    {
        var body = await response.Content.ReadAsStringAsync(ct);
        return Parse((int)response.StatusCode, body, RetryAfterOf(response, clock));
    }

    /// <summary>A body that is no problem document still gives a problem, so that an error page can be drawn.</summary>
    internal static ApiProblem Parse(int status, string body, TimeSpan? retryAfter)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return new(status, Text(document.RootElement, "code") ?? $"http_{status}", Text(document.RootElement, "detail") ?? OwnTitle(document.RootElement, status), retryAfter);
        }
        catch (JsonException)
        {
            // A proxy's HTML, or nothing at all: the status alone is the answer.
        }
        return new(status, $"http_{status}", null, retryAfter);
    }

    // "Bad Request" tells a person nothing.
    static string? OwnTitle(JsonElement problem, int status) =>
        Text(problem, "title") is { } title && title != ReasonPhrases.GetReasonPhrase(status) ? title : null;

    static string? Text(JsonElement problem, string name) =>
        problem.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    static TimeSpan? RetryAfterOf(HttpResponseMessage response, TimeProvider clock) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - clock.GetUtcNow(),
        _ => null,
    };
}

/// <summary>Raised where no page can be drawn without the API's answer; the error page follows with the problem's status.</summary>
internal sealed class ApiFailedException(ApiProblem problem) : Exception($"The API answered {problem.Status} {problem.Code}.")
{
    public ApiProblem Problem { get; } = problem;

    /// <summary>Finds it under the exceptions that Data Protection wraps around a key ring that cannot be read.</summary>
    public static ApiFailedException? Find(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is ApiFailedException found)
                return found;
        }
        return null;
    }
}
