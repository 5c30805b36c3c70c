using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Sessions;

namespace RecordingPlatform.Web.Shell;

/// <summary>Every failure becomes a page: what pages threw, and statuses that came without a body.</summary>
internal static class ErrorPages
{
    const string Thrown = "/error";

    public static void Use(IApplicationBuilder app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandlingPath = Thrown,
            // The error page authenticates anew: what failed may have been the look-up of the session.
            CreateScopeForErrors = true,
            StatusCodeSelector = failure => ApiFailedException.Find(failure) is { Problem.IsTemporary: true } ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError,
        });
        // A page may have been drawn and given up already: its renderer cannot draw a second one.
        app.UseStatusCodePagesWithReExecute("/error/{0}", createScopeForStatusCodePages: true);
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.Map(Thrown, context => Draw(context).ExecuteAsync(context)).AllowAnonymous();
        routes.Map("/error/{status:int:range(400,599)}", (int status, HttpContext context) =>
        {
            // A page that found nothing has written this already, and it may be there once only.
            context.Response.Headers.Remove("blazor-enhanced-nav");
            return Draw(status, null);
        }).AllowAnonymous();
    }

    static RazorComponentResult<ErrorPage> Draw(HttpContext context) =>
        Draw(context.Response.StatusCode, context.Features.Get<IExceptionHandlerPathFeature>()?.Path);

    static RazorComponentResult<ErrorPage> Draw(int status, string? path) => new(new Dictionary<string, object?>
    {
        [nameof(ErrorPage.Status)] = status,
        [nameof(ErrorPage.Retry)] = ReturnPath.Checked(path),
    })
    { StatusCode = status };
}
