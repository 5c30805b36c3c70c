using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Live;

/// <summary>
/// Passes the API's stream of events on to a browser, for the session of that browser: what it may hear of is decided by the
/// API, at each event. Ends when either side does.
/// </summary>
internal static class LiveEvents
{
    const int BufferBytes = 16 * 1024;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/events", HandleAsync);

    static async Task<Results<EmptyHttpResult, StatusCodeHttpResult>> HandleAsync(HttpContext context, PlatformApi api, IHostApplicationLifetime lifetime)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            var answer = await api.OpenEventsAsync(LastSeen(context.Request), over.Token);
            if (!answer.Succeeded)
                return TypedResults.StatusCode(answer.Problem.Status);
            await using var events = answer.Value;
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers["X-Accel-Buffering"] = "no";
            var buffer = new byte[BufferBytes];
            for (int read; (read = await events.ReadAsync(buffer, over.Token)) > 0;)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), over.Token);
                await context.Response.Body.FlushAsync(over.Token);
            }
        }
        catch (Exception e) when (e is IOException || over.IsCancellationRequested)
        {
            // One side is gone; the browser comes back by itself with the last number it has seen.
        }
        return TypedResults.Empty;
    }

    // The header is what a browser sends when it reconnects, and newer than the address.
    static string? LastSeen(HttpRequest request) =>
        request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } again ? again : request.Query["last_event_id"];
}
