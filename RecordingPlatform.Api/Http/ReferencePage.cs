namespace RecordingPlatform.Api.Http;

/// <summary>The API's reference to read and try, at <c>/docs</c>: everything it loads comes from this process.</summary>
internal static class ReferencePage
{
    const string Path = "/docs";

    // The page sets style attributes of its own; scripts come from files only.
    const string Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapReferencePage(this WebApplication app)
    {
        var docs = ((IEndpointRouteBuilder)app).CreateApplicationBuilder();
        docs.Use((http, next) =>
        {
            // Files are served only where no endpoint has the request yet; this one's policy has been applied.
            http.SetEndpoint(null);
            http.Response.Headers.ContentSecurityPolicy = Policy;
            http.Response.Headers.XContentTypeOptions = "nosniff";
            http.Response.Headers["Referrer-Policy"] = "no-referrer";
            return next(http);
        });
        docs.UseSwaggerUI(page =>
        {
            page.RoutePrefix = Path[1..];
            page.DocumentTitle = "RecordingPlatform API";
            page.SwaggerEndpoint("/openapi/v1.json", "v1");
        });
        app.MapMethods($"{Path}/{{**file}}", [HttpMethods.Get, HttpMethods.Head], docs.Build())
            .AllowAnonymous("The page that shows the description of the API holds nothing of anybody's.").DisableRateLimiting().ExcludeFromDescription();
    }
}
