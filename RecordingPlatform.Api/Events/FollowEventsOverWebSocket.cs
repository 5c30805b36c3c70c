using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Events;

namespace RecordingPlatform.Api.Events;

/// <summary>Live events over a WebSocket: the same JSON, a text message each. What the client says is not listened to.</summary>
internal sealed class FollowEventsOverWebSocket : IEndpoint
{
    // For the answer to our close; a client that gives none is dropped.
    static readonly TimeSpan CloseWait = TimeSpan.FromSeconds(5);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/events/ws", HandleAsync)
        .RequirePermission(Permission.RecordingsRead)
        .Answers(400, "websocket_expected");

    static async Task<Results<EmptyHttpResult, BadRequest>> HandleAsync(HttpContext http, EventStream stream)
    {
        if (!http.WebSockets.IsWebSocketRequest)
            return new BadRequest("websocket_expected", "This address speaks WebSocket; the same events are at /api/v1/events as server-sent events.");
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        using var closed = new CancellationTokenSource();
        using var listens = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var listening = ListenAsync(socket, closed, listens.Token);
        await stream.RunAsync(http, async (item, ct) =>
        {
            if (JsonOf(item) is { } json)
                await socket.SendAsync(json, WebSocketMessageType.Text, endOfMessage: true, ct);
        }, closed.Token);
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "The stream has ended.", http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        listens.CancelAfter(CloseWait);
        await listening;
        return TypedResults.Empty;
    }

    // Silence needs no message: the connection's own pings keep the way open.
    static ReadOnlyMemory<byte>? JsonOf(FeedItem item) => item switch
    {
        FeedItem.Opened opened => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"kind":"opened","seq":{{opened.Seq}}}""")),
        FeedItem.Reset reset => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"kind":"reset","seq":{{reset.Seq}}}""")),
        FeedItem.Happened happened => happened.Event.Json,
        _ => null,
    };

    // Only reading notices that the client closes, or answers a close.
    static async Task ListenAsync(WebSocket socket, CancellationTokenSource closed, CancellationToken aborted)
    {
        var ignored = new byte[1024];
        try
        {
            while ((await socket.ReceiveAsync(ignored.AsMemory(), aborted)).MessageType is not WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // Gone without a word.
        }
        await closed.CancelAsync();
    }
}
