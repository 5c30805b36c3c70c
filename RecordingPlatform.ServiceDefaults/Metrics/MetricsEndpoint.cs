using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace RecordingPlatform.ServiceDefaults.Metrics;

public static class MetricsEndpoint
{
    public const string Path = "/metrics";

    /// <summary>
    /// Whether the request was made on this machine by a program of this machine. One that a proxy passed on comes from
    /// loopback too, and from anywhere.
    /// </summary>
    public static bool IsFromLoopback(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } ip && IPAddress.IsLoopback(ip)
        && !http.Request.Headers.ContainsKey("X-Forwarded-For") && !http.Request.Headers.ContainsKey("Forwarded") && !http.Request.Headers.ContainsKey("Via");

    /// <summary>Serves what was measured, on loopback or to whom <paramref name="mayRead"/> lets in; to others there is nothing here.</summary>
    /// <param name="app">Needs <see cref="Defaults.AddServiceDefaults"/>.</param>
    /// <param name="mayRead">Asked for requests from elsewhere.</param>
    /// <param name="refresh">Runs before each answer: brings what is read from elsewhere up to date.</param>
    public static RouteHandlerBuilder MapMetrics(this WebApplication app, Func<HttpContext, ValueTask<bool>> mayRead, Func<CancellationToken, Task> refresh) =>
        app.MapGet(Path, async Task<IResult> (HttpContext http) =>
        {
            if (!IsFromLoopback(http) && !await mayRead(http))
                return TypedResults.NotFound();
            await refresh(http.RequestAborted);
            http.Response.Headers.CacheControl = "no-store";
            return TypedResults.Text(http.RequestServices.GetRequiredService<MetricsCollector>().Expose(), PrometheusText.ContentType);
        }).AllowAnonymous()
        .WithSummary("What was measured, in Prometheus' text format: from loopback, or with the permission ops.read. To others there is nothing here.");
}
