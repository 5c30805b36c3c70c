using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Http;

/// <summary>Section <c>Idempotency</c>.</summary>
internal sealed class IdempotencyOptions
{
    public const string Section = "Idempotency";

    /// <summary>How long a write that gives no sign of life keeps its key.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(40);
}

/// <summary>Does a write that carries Idempotency-Key once, however often it is sent: IDEMPOTENCY.md.</summary>
internal sealed class IdempotentWrites(RecordingDb db, IdempotencyStore store, TimeProvider clock, IOptions<IdempotencyOptions> options)
{
    public const string Header = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotent-Replayed";
    const int MaxKeyLength = 255;

    public static bool IsWrite(string method) => HttpMethods.IsPost(method) || HttpMethods.IsPut(method) || HttpMethods.IsPatch(method) || HttpMethods.IsDelete(method);

    public static async Task AnswerAsync(HttpContext http, RequestDelegate next)
    {
        var honoured = IsWrite(http.Request.Method) && http.Request.Headers.ContainsKey(Header) && http.GetEndpoint() is RouteEndpoint endpoint
            && endpoint.Metadata.GetMetadata<NotIdempotentBecause>() is null && await HasCallerAsync(http, endpoint);
        await (honoured ? http.RequestServices.GetRequiredService<IdempotentWrites>().OnceAsync(http, next) : next(http));
    }

    static async Task<bool> HasCallerAsync(HttpContext http, RouteEndpoint endpoint) =>
        http.Features.Get<Caller>() is not null
        || (endpoint.Metadata.GetMetadata<StreamedBody>() is { } streamed && await streamed.CallerAsync(http, http.RequestAborted) is not null);

    async Task OnceAsync(HttpContext http, RequestDelegate next)
    {
        var ct = http.RequestAborted;
        if (http.Request.Headers[Header] is not [{ Length: > 0 and <= MaxKeyLength } key] || !key.All(c => c is >= '!' and <= '~'))
        {
            await new BadRequest("idempotency_key_invalid", $"{Header} is one value of 1 to {MaxKeyLength} visible ASCII characters, such as a UUID.").ExecuteAsync(http);
            return;
        }
        var endpoint = (RouteEndpoint)http.GetEndpoint()!;
        var streamed = endpoint.Metadata.GetMetadata<StreamedBody>();
        var row = new IdempotencyKey
        {
            CallerId = http.Features.Get<Caller>()!.ActorId!.Value,
            Route = $"{http.Request.Method} {endpoint.RoutePattern.RawText}",
            Key = key,
            Id = Guid.CreateVersion7(),
            Attempt = Guid.CreateVersion7(),
            RequestHash = streamed is null ? await HashAsync(http.Request, ct) : [],
        };
        if (await store.ReserveAsync(row, options.Value.Lease, ct))
            await DoAsync(http, next, row, streamed is not null);
        else
            await RepeatAsync(http, row, streamed, ct);
    }

    async Task DoAsync(HttpContext http, RequestDelegate next, IdempotencyKey row, bool streamed)
    {
        var attempt = new IdempotentAttempt(row);
        http.Features.Set(attempt);
        // Saved with whatever the use case saves first: the mark and the change are one transaction.
        db.IdempotencyKeys.Attach(row);
        row.WrittenAt = await db.NowAsync(http.RequestAborted);

        using var ended = new CancellationTokenSource();
        var keeping = store.KeepAsync(row.Attempt, options.Value.Lease, clock, ended.Token);
        var client = http.Response.Body;
        using var answer = new MemoryStream();
        var keep = false;
        try
        {
            http.Response.Body = answer;
            await next(http);
            keep = http.Response.StatusCode < 500 && (attempt.ReadWhole || !streamed);
        }
        catch (DbUpdateConcurrencyException e) when (e.Entries.Any(entry => entry.Entity is IdempotencyKey))
        {
            // Its lease ran out and another attempt took over: this one changed nothing.
            await InFlight(TimeSpan.FromSeconds(1)).ExecuteAsync(http);
        }
        finally
        {
            http.Response.Body = client;
            await ended.CancelAsync();
            await keeping;
            if (!keep)
                await store.ReleaseAsync(row.Attempt);
        }
        var body = answer.ToArray();
        if (keep)
            await store.StoreAsync(row, new StoredAnswer(http.Response.StatusCode, http.Response.ContentType, http.Response.Headers.Location, body));
        if (body.Length > 0)
            await client.WriteAsync(body, http.RequestAborted);
    }

    async Task RepeatAsync(HttpContext http, IdempotencyKey row, StreamedBody? streamed, CancellationToken ct)
    {
        if (await store.FindAsync(row, ct) is not var (known, leaseLeft))
        {
            await InFlight(TimeSpan.FromSeconds(1)).ExecuteAsync(http);
            return;
        }
        var done = known.StatusCode is not null || (known.WrittenAt is not null && leaseLeft <= TimeSpan.Zero);
        // What is still under way has no fingerprint of a streamed body yet.
        var same = streamed is null ? known.RequestHash.AsSpan().SequenceEqual(row.RequestHash)
            : !done || (await streamed.FingerprintAsync(http, ct) is { } fingerprint && known.RequestHash.AsSpan().SequenceEqual(fingerprint));
        if (!same)
        {
            await new Unprocessable("idempotency_key_reused", $"This {Header} was used for another request. Take a new one for each write.").ExecuteAsync(http);
            return;
        }
        if (!done)
        {
            await InFlight(leaseLeft).ExecuteAsync(http);
            return;
        }
        http.Response.Headers[ReplayedHeader] = "true";
        if (known.StatusCode is null)
        {
            await LostAsync(http, known, streamed, ct);
            return;
        }
        var answer = await store.OpenAsync(known, ct);
        http.Response.StatusCode = answer.StatusCode;
        http.Response.ContentType = answer.ContentType;
        if (answer.Location is not null)
            http.Response.Headers.Location = answer.Location;
        if (answer.Body.Length > 0)
            await http.Response.Body.WriteAsync(answer.Body, ct);
    }

    static async Task LostAsync(HttpContext http, IdempotencyKey known, StreamedBody? streamed, CancellationToken ct)
    {
        if (known.Location is { } location && streamed is not null)
        {
            await (await streamed.RepeatAsync(http, location, ct)).ExecuteAsync(http);
            return;
        }
        if (known.Location is not null)
            http.Response.Headers.Location = known.Location;
        await new Conflict("idempotency_answer_lost", "This write was done, but its answer was lost. Look up what it made; do not send it again under a new key.").ExecuteAsync(http);
    }

    static Conflict InFlight(TimeSpan wait) =>
        new("idempotency_in_flight", "The first request with this key is still under way.") { RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) };

    // Bodies of these routes are bounded by Kestrel's limit (1 MiB): they are held in memory, never in a temporary file.
    static async Task<byte[]> HashAsync(HttpRequest request, CancellationToken ct)
    {
        var body = new MemoryStream();
        await request.Body.CopyToAsync(body, ct);
        body.Position = 0;
        request.Body = body;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method}\n{request.Path}\n{request.QueryString}\n{request.ContentType}\n"));
        hash.AppendData(body.GetBuffer().AsSpan(0, (int)body.Length));
        return hash.GetHashAndReset();
    }
}
