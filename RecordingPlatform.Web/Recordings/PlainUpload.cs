using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Recordings;

/// <summary>
/// The upload form where scripts do not run. The body goes on to the API as it comes: nothing of it is kept here, and memory
/// does not grow with it. The form's token is in its address, because reading the body for it would mean to hold the file.
/// </summary>
internal static class PlainUpload
{
    const string Path = "/upload/plain";
    const string Token = "token";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost(Path, HandleAsync)
        .RequireAuthorization(Permission.RecordingsUpload);

    public static string AddressFor(HttpContext context) =>
        $"{Path}?{Token}={Uri.EscapeDataString(context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context).RequestToken!)}";

    static async Task<RedirectHttpResult> HandleAsync(HttpContext context, PlatformApi api, IAntiforgery antiforgery, CancellationToken ct)
    {
        context.Request.Headers[antiforgery.GetTokens(context).HeaderName!] = context.Request.Query[Token];
        if (!await antiforgery.IsRequestValidAsync(context))
            return Refuse("form_expired");
        // The API knows how large a file may be.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        var answer = await api.UploadAsync(context.Request.Body, context.Request.ContentType, context.Request.ContentLength, ct);
        return answer.Succeeded ? TypedResults.Redirect($"/recordings/{answer.Value.Id}") : Refuse(answer.Problem.Code);
    }

    static RedirectHttpResult Refuse(string code) => TypedResults.Redirect($"/upload?refused={Uri.EscapeDataString(code)}");
}
