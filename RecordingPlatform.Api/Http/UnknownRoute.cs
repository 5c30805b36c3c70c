using Microsoft.AspNetCore.Diagnostics;

namespace RecordingPlatform.Api.Http;

/// <summary>Bare status codes of the framework (no such route, wrong method) as problems like any other.</summary>
internal static class UnknownRoute
{
    public static Task AnswerAsync(StatusCodeContext context)
    {
        var status = context.HttpContext.Response.StatusCode;
        var (code, detail) = status switch
        {
            404 => ("not_found", "There is nothing at this address."),
            405 => ("method_not_allowed", "This address does not take that method."),
            415 => ("unsupported_media_type", "Send application/json."),
            _ => ("bad_request", "The request could not be understood."),
        };
        return new OtherProblem(status, code, detail).ExecuteAsync(context.HttpContext);
    }
}
