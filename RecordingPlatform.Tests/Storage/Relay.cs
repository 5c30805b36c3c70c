using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace RecordingPlatform.Tests.Storage;

/// <summary>One request that came through, and what the store answered.</summary>
sealed record Relayed(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers)
{
    public int Status { get; set; }

    /// <summary>Bytes of the answer's body, as the store sent them.</summary>
    public long BodyBytes;
}

/// <summary>
/// Stands between a provider and its store on the wire, hands everything on unchanged, counts it, and breaks what a test asks it
/// to break.
/// </summary>
sealed class Relay : IAsyncDisposable
{
    readonly WebApplication app;
    readonly Uri store;
    readonly HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    readonly ConcurrentQueue<Relayed> seen = new();
    bool disposed;

    Relay(WebApplication app, Uri store) => (this.app, this.store) = (app, store);

    public Uri Address { get; private set; } = null!;

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Relayed> Seen => [.. seen];

    /// <summary>Answers in the store's place: true when it did.</summary>
    public Func<Relayed, HttpContext, Task<bool>>? Before { get; set; }

    /// <summary>Alters a request on its way to the store.</summary>
    public Action<HttpRequestMessage>? Alter { get; set; }

    /// <summary>Sees the store's answer before it is handed on: true when it was not to be.</summary>
    public Func<Relayed, HttpResponseMessage, HttpContext, Task<bool>>? After { get; set; }

    /// <summary>The connection is cut after so many bytes of an answer's body.</summary>
    public long CutAfter { get; set; } = long.MaxValue;

    /// <summary>After so many bytes of an answer's body nothing comes any more.</summary>
    public long StallAfter { get; set; } = long.MaxValue;

    public static async Task<Relay> StartAsync(Uri store)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var built = builder.Build();
        var relay = new Relay(built, store);
        built.Run(relay.HandleAsync);
        await built.StartAsync();
        relay.Address = new Uri(built.Urls.Single());
        return relay;
    }

    /// <summary>A copy of a request that the store has not seen yet, for <see cref="SendAsync"/>.</summary>
    public async Task<HttpRequestMessage> CopyAsync(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        // As it was signed: neither decoded nor tidied.
        var copy = new HttpRequestMessage(new HttpMethod(http.Request.Method), new Uri($"http://{store.Authority}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (http.Request.ContentLength is not null)
        {
            var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            copy.Content = new ByteArrayContent(body.ToArray());
        }

        foreach (var (name, values) in http.Request.Headers)
        {
            if (!copy.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values))
                copy.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values);
        }

        return copy;
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

    public async ValueTask DisposeAsync()
    {
        if (disposed)
            return;
        disposed = true;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
        client.Dispose();
    }

    async Task HandleAsync(HttpContext http)
    {
        var relayed = new Relayed(
            http.Request.Method, http.Request.Path, http.Request.QueryString.Value ?? "",
            http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        seen.Enqueue(relayed);
        if (Before is { } before && await before(relayed, http))
        {
            relayed.Status = http.Response.StatusCode;
            return;
        }

        using var request = await CopyAsync(http);
        Alter?.Invoke(request);
        using var answer = await SendAsync(request);
        relayed.Status = (int)answer.StatusCode;
        if (After is { } after && await after(relayed, answer, http))
            return;
        await HandOnAsync(relayed, answer, http);
    }

    async Task HandOnAsync(Relayed relayed, HttpResponseMessage answer, HttpContext http)
    {
        http.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (name is not ("Connection" or "Keep-Alive" or "Transfer-Encoding"))
                http.Response.Headers[name] = new StringValues([.. values]);
        }

        if (relayed.Method == "HEAD")
            return;
        await using var body = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[16 * 1024];
        while (await body.ReadAsync(buffer) is > 0 and var count)
        {
            var room = (int)Math.Min(count, Math.Min(CutAfter, StallAfter) - relayed.BodyBytes);
            Interlocked.Add(ref relayed.BodyBytes, room);
            await http.Response.Body.WriteAsync(buffer.AsMemory(0, room));
            if (relayed.BodyBytes == CutAfter)
            {
                await http.Response.Body.FlushAsync();
                http.Abort();
                return;
            }

            if (relayed.BodyBytes == StallAfter)
            {
                await http.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                return;
            }
        }
    }
}
