using Microsoft.Extensions.Options;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Events;

namespace RecordingPlatform.Api.Events;

/// <summary>What the two streams share: where they begin, who follows them, and when they end.</summary>
internal sealed class EventStream(EventFeed feed, IOptions<EventStreamOptions> options, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <param name="http">The stream's request; its credential is looked up anew for all that is sent.</param>
    /// <param name="send">Says one item; cancelled when the client does not take it in time.</param>
    /// <param name="ended">The client's own end of the stream.</param>
    public async Task RunAsync(HttpContext http, Func<FeedItem, CancellationToken, Task> send, CancellationToken ended = default)
    {
        // A stream would hold up the end of the process until it is killed.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ended, http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            var items = feed.FollowAsync(LastSeen(http.Request), (db, ct) => Credential.FindAsync(http.Request, new Callers(db), ct), options.Value.Heartbeat, over.Token);
            await foreach (var item in items)
            {
                using var late = new CancellationTokenSource(options.Value.WriteTimeout, clock);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, late.Token);
                await send(item, either.Token);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Either side has ended it.
        }
        catch (OperationCanceledException)
        {
            // A client that does not read comes back with the last number it has seen.
            http.Abort();
        }
    }

    // The header is what a browser sends by itself when it reconnects, and newer than the address.
    static string? LastSeen(HttpRequest request) =>
        new[] { request.Headers["Last-Event-ID"], request.Query["last_event_id"], request.Query["resume_from"] }
            .Select(given => given.ToString()).FirstOrDefault(given => given.Length > 0);
}
