using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace RecordingPlatform.Tests.Web;

/// <summary>The stand-in's stream of events: what a test tells goes to every open stream, and to those that come back.</summary>
public sealed class StandInEvents
{
    readonly Lock _lock = new();
    readonly List<JsonObject> _told = [];
    readonly List<Channel<JsonObject>> _open = [];

    public long Newest
    {
        get
        {
            lock (_lock)
                return _told.Count;
        }
    }

    /// <summary>Streams that are open now.</summary>
    public int Open
    {
        get
        {
            lock (_lock)
                return _open.Count;
        }
    }

    public void Tell(string kind, JsonObject recording, double? progress = null)
    {
        var told = new JsonObject { ["kind"] = kind, ["recording_id"] = recording["id"]!.DeepClone() };
        if (progress is not null)
            told["data"] = new JsonObject { ["progress"] = progress };
        Tell(told);
    }

    /// <summary>Of a conversation, or what is expected of it.</summary>
    public void TellOf(string kind, JsonObject conversation) => Tell(new JsonObject { ["kind"] = kind, ["conversation_id"] = conversation["id"]!.DeepClone() });

    public void TellOfSource(JsonObject source) => Tell(new JsonObject { ["kind"] = "source.changed", ["data"] = new JsonObject { ["source_id"] = source["id"]!.DeepClone() } });

    void Tell(JsonObject told)
    {
        lock (_lock)
        {
            told["seq"] = _told.Count + 1;
            _told.Add(told);
            _open.ForEach(stream => stream.Writer.TryWrite(told));
        }
    }

    public async Task StreamAsync(HttpContext context)
    {
        var stream = Channel.CreateUnbounded<JsonObject>();
        long position;
        lock (_lock)
        {
            position = long.TryParse(context.Request.Query["last_event_id"], out var given) ? given : _told.Count;
            foreach (var missed in _told.Skip((int)position))
                stream.Writer.TryWrite(missed);
            _open.Add(stream);
        }
        try
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync($"retry: 2000\nid: {position}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await foreach (var told in stream.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync($"id: {told["seq"]}\ndata: {told.ToJsonString()}\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The portal has closed it.
        }
        finally
        {
            lock (_lock)
                _open.Remove(stream);
        }
    }
}
