using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Events;

namespace RecordingPlatform.Api.Events;

/// <summary>Live events as server-sent events.</summary>
internal sealed class FollowEvents : IEndpoint
{
    static readonly byte[] Retry = "retry: 2000\n"u8.ToArray();
    static readonly byte[] Comment = ":\n\n"u8.ToArray();
    static readonly byte[] Data = "data: "u8.ToArray();
    static readonly byte[] End = "\n\n"u8.ToArray();

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/events", HandleAsync)
        .RequirePermission(Permission.RecordingsRead)
        .Produces(StatusCodes.Status200OK, contentType: "text/event-stream");

    static async Task HandleAsync(HttpContext http, EventStream stream)
    {
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        // nginx collects answers otherwise.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        await stream.RunAsync(http, async (item, ct) =>
        {
            Write(http.Response.BodyWriter, item);
            await http.Response.BodyWriter.FlushAsync(ct);
        });
    }

    static void Write(PipeWriter body, FeedItem item)
    {
        switch (item)
        {
            case FeedItem.Opened opened:
                body.Write(Retry);
                // Moves the client's position without being an event.
                Text(body, $"id: {opened.Seq}\n\n");
                break;
            case FeedItem.Reset reset:
                body.Write(Retry);
                Text(body, $"id: {reset.Seq}\nevent: reset\ndata: {{\"kind\":\"reset\",\"seq\":{reset.Seq}}}\n\n");
                break;
            case FeedItem.Happened happened:
                Text(body, $"id: {happened.Event.Seq}\n");
                body.Write(Data);
                body.Write(happened.Event.Json.Span);
                body.Write(End);
                break;
            case FeedItem.Silence:
                body.Write(Comment);
                break;
        }
    }

    static void Text(PipeWriter body, FormattableString text) => body.Write(Encoding.UTF8.GetBytes(text.ToString(CultureInfo.InvariantCulture)));
}
