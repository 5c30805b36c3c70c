using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Ingest;

/// <summary>A delivery that was let in: whose it is and what it says.</summary>
internal sealed record Delivery(KnownSource Source, ReadOnlyMemory<byte> Body);

/// <summary>
/// Lets deliveries in: those that one of the kind's sources signed (Standard Webhooks), and those with an API key of scope
/// <c>ingest:&lt;source&gt;</c>. Whatever is turned away is told why, and counted where people look.
/// </summary>
internal sealed class WebhookDoor(SourceDirectory sources, RefusalLog refusals, TimeProvider clock)
{
    public const string WhyAnonymous = "The handler decides: a delivery brings the source's signature or its API key.";
    public const string WhyNotIdempotent = "Deliveries of one event meet by what they say.";

    // A report of a call has some hundred bytes; a meeting's names its participants.
    const int MostBytes = 256 * 1024;

    /// <summary>The delivery, or the problem to answer with.</summary>
    public async Task<(Delivery? Delivery, Problem? Problem)> OpenAsync(HttpContext http, SourceKind kind, CancellationToken ct)
    {
        if (await ReadAsync(http.Request, ct) is not { } body)
            return (null, Refuse(kind, null, new TooLarge("body_too_large", $"A report has at most {MostBytes} bytes.") { LimitBytes = MostBytes }));
        var asked = clock.GetTimestamp();
        var (source, problem) = Judge(await sources.OfKindAsync(kind, null, ct), http, body);
        // Nobody is refused by what is only remembered; who signs nothing is not refused by what we know.
        if (problem is not null and not Unauthorized { Code: "signature_missing" })
            (source, problem) = Judge(await sources.OfKindAsync(kind, asked, ct), http, body);
        if (problem is null)
            return (new Delivery(source!, body), null);
        if (problem is Forbidden && source is null)
            await RecordDeniedAsync(http, ct);
        return (null, Refuse(kind, source?.Id, problem));
    }

    (KnownSource? Source, Problem? Problem) Judge(IReadOnlyList<KnownSource> known, HttpContext http, ReadOnlyMemory<byte> body)
    {
        if (known.Count == 0)
            return (null, new NotFound("source_unknown", "No source of this kind is set up: add one under Sources."));
        var (source, problem) = http.Features.Get<Caller>() is { Kind: ActorKind.ApiKey } caller ? ByKey(caller, known, http.Request) : BySignature(known, http.Request.Headers, body);
        return problem is null && !source!.Enabled
            ? (source, new Forbidden("source_disabled", "The source is switched off. Switch it on under Sources, then deliver again."))
            : (source, problem);
    }

    /// <summary>Turns away what was let in and cannot be read.</summary>
    public Problem Refuse(KnownSource source, ReportRefusal refusal) => Refuse(source.Kind, source.Id, new BadRequest(refusal.Code, refusal.Detail));

    // Who has a key is known: the attempt is theirs. Whoever signs nothing is nobody, and only counted.
    static async Task RecordDeniedAsync(HttpContext http, CancellationToken ct)
    {
        await http.RequestServices.GetRequiredService<AuditTrail>().RecordAsync(AuditAction.AccessDenied, http.Features.Get<Caller>()!, ct, facts: new { permission = "ingest" }, outcome: AuditOutcome.Denied);
        await http.RequestServices.GetRequiredService<RecordingDb>().SaveChangesAsync(ct);
    }

    Problem Refuse(SourceKind kind, Guid? source, Problem problem)
    {
        refusals.Add(kind, source, problem.Code, problem.Detail);
        return problem;
    }

    (KnownSource?, Problem?) BySignature(IReadOnlyList<KnownSource> known, IHeaderDictionary headers, ReadOnlyMemory<byte> body)
    {
        string? Header(string name) => headers[name] is [{ } value] ? value : null;
        var now = clock.GetUtcNow();
        foreach (var source in known)
        {
            switch (StandardWebhook.Verify(source.WebhookKeys ?? [], Header(StandardWebhook.IdHeader), Header(StandardWebhook.TimestampHeader), Header(StandardWebhook.SignatureHeader), body.Span, now, out var skew))
            {
                case WebhookVerdict.Genuine:
                    return (source, null);
                case WebhookVerdict.OutOfTime:
                    return (source, new Unauthorized("timestamp_out_of_window",
                        $"The delivery was signed {Math.Abs((long)skew.TotalSeconds)} seconds {(skew > TimeSpan.Zero ? "ago" : "ahead")} of the platform's clock; {StandardWebhook.Tolerance.TotalSeconds} are allowed. Either it is played again, or a clock is wrong."));
                case WebhookVerdict.Malformed:
                    return (null, new Unauthorized("signature_missing", "Sign the delivery (webhook-id, webhook-timestamp, webhook-signature), or send an API key of scope ingest:<source> as X-Api-Key."));
            }
        }
        // Nobody's signature is not the same as one that cannot be checked now.
        return known.Any(s => s.WebhookKeys is null)
            ? (null, new Unavailable("key_service_unavailable", "The key service does not answer, so the signature cannot be checked now. Deliver again shortly.") { RetryAfter = 5 })
            : (null, new Unauthorized("signature_wrong", "The signature fits no secret of a source of this kind. Compare the secret on both sides; the body must be signed as it is sent."));
    }

    static (KnownSource?, Problem?) ByKey(Caller caller, IReadOnlyList<KnownSource> known, HttpRequest request)
    {
        var allowed = known.Where(s => caller.May($"ingest:{s.Name}")).ToList();
        if (request.Query["source"] is [{ } name])
            allowed = allowed.FindAll(s => s.Name == name);
        return allowed switch
        {
            [var one] => (one, null),
            [] => (null, new Forbidden("forbidden", "This needs an API key of scope ingest:<source> for a source of this kind.")),
            _ => (null, new BadRequest("source_ambiguous", "The key may report for several sources: name one with ?source=.")),
        };
    }

    // Held in memory: the signature is over the bytes as they came.
    static async Task<byte[]?> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength > MostBytes)
            return null;
        using var body = new MemoryStream((int)(request.ContentLength ?? 1024));
        var buffer = new byte[4096];
        for (int read; (read = await request.Body.ReadAsync(buffer, ct)) > 0;)
        {
            if (body.Length + read > MostBytes)
                return null;
            body.Write(buffer, 0, read);
        }
        return body.ToArray();
    }
}
