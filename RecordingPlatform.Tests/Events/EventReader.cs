using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading.Channels;

namespace RecordingPlatform.Tests.Events;

/// <summary>One block of a stream of server-sent events, or a comment.</summary>
internal sealed record Block(string? Id, string? Event, string? Data, string? Retry, bool IsComment)
{
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Data!);
    public long Seq => Json.GetProperty("seq").GetInt64();
    public string Kind => Json.GetProperty("kind").GetString()!;
    public Guid? Recording => Json.TryGetProperty("recording_id", out var id) ? id.GetGuid() : null;
}

/// <summary>A client of the stream that keeps what it was sent.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly HttpResponseMessage _answer;
    readonly Channel<Block> _blocks = Channel.CreateUnbounded<Block>();
    readonly CancellationTokenSource _stop = new();
    readonly Task _reading;

    EventReader(HttpResponseMessage answer)
    {
        _answer = answer;
        _reading = ReadAsync();
    }

    public HttpResponseHeaders Headers => _answer.Headers;

    public HttpContentHeaders ContentHeaders => _answer.Content.Headers;

    /// <summary>The first block, which says where the stream begins.</summary>
    public Block First { get; private set; } = null!;

    public static async Task<EventReader> OpenAsync(HttpClient client, string? lastEventId = null, string path = "api/v1/events")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (!answer.IsSuccessStatusCode)
            Assert.Fail($"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        var reader = new EventReader(answer);
        reader.First = await reader.NextBlockAsync() ?? throw new InvalidOperationException("The stream ended before it began.");
        return reader;
    }

    /// <summary>The next block of any sort; null when the stream has ended.</summary>
    public async Task<Block?> NextBlockAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _blocks.Reader.WaitToReadAsync(patience.Token) && _blocks.Reader.TryRead(out var block) ? block : null;
    }

    /// <summary>The next event, comments passed over.</summary>
    public async Task<Block> NextAsync()
    {
        while (await NextBlockAsync() is { } block)
        {
            if (!block.IsComment)
                return block;
        }
        throw new InvalidOperationException("The stream has ended.");
    }

    /// <summary>All events up to and with the one that is looked for.</summary>
    public async Task<List<Block>> UntilAsync(Func<Block, bool> last)
    {
        var all = new List<Block>();
        do
            all.Add(await NextAsync());
        while (!last(all[^1]));
        return all;
    }

    /// <summary>Returns once the server has ended the stream.</summary>
    public async Task EndAsync()
    {
        while (await NextBlockAsync() is not null)
        {
        }
    }

    async Task ReadAsync()
    {
        try
        {
            using var lines = new StreamReader(await _answer.Content.ReadAsStreamAsync(_stop.Token));
            var block = new Dictionary<string, string>();
            while (await lines.ReadLineAsync(_stop.Token) is { } line)
            {
                if (line.Length > 0)
                {
                    var colon = line.IndexOf(':', StringComparison.Ordinal);
                    block[line[..colon]] = line[(colon + 1)..].TrimStart(' ');
                    continue;
                }
                await _blocks.Writer.WriteAsync(new Block(block.GetValueOrDefault("id"), block.GetValueOrDefault("event"), block.GetValueOrDefault("data"),
                    block.GetValueOrDefault("retry"), block.ContainsKey("")), _stop.Token);
                block.Clear();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Closed from either side.
        }
        _blocks.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _answer.Dispose();
        _stop.Dispose();
    }
}
