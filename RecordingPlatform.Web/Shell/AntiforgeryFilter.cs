using Microsoft.AspNetCore.Antiforgery;

namespace RecordingPlatform.Web.Shell;

/// <summary>Refuses a post that did not come from one of the portal's own pages. Page components and
/// endpoints that bind a form do so by themselves; this is for those that read nothing from the body.</summary>
internal sealed class AntiforgeryFilter(IAntiforgery antiforgery) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        await antiforgery.IsRequestValidAsync(context.HttpContext) ? await next(context) : TypedResults.StatusCode(StatusCodes.Status400BadRequest);
}
