using System.Globalization;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Sources;

/// <summary>What a source reported and what became of it, newest first; and what was turned away at the door, with the reason.</summary>
internal sealed class ReadSourceEvents : IEndpoint
{
    const int MostRefused = 50;
    const int DeepestPage = 1000;

    public sealed class Query
    {
        /// <summary>From 1 to 1,000; ignored with a cursor.</summary>
        [FromQuery(Name = "page")] public string? Page { get; init; }
        /// <summary>1 to 100; 20 without it.</summary>
        [FromQuery(Name = "page_size")] public string? PageSize { get; init; }
        /// <summary>next_cursor of an earlier answer.</summary>
        [FromQuery(Name = "cursor")] public string? Cursor { get; init; }
        /// <summary>A refresh that nobody asked for by hand: audited once in ten minutes.</summary>
        [FromQuery(Name = "live")] public bool? Live { get; init; }
    }

    public sealed record Event
    {
        public required Guid Id { get; init; }
        /// <summary>As the source calls it.</summary>
        public required string Kind { get; init; }
        public required RawEventState State { get; init; }
        /// <summary>Why nothing was made of it.</summary>
        public string? Refusal { get; init; }
        public required DateTimeOffset ReceivedAt { get; init; }
        public DateTimeOffset? AppliedAt { get; init; }
        public required int Attempts { get; init; }
        public Guid? ConversationId { get; init; }
        public Guid? RecordingId { get; init; }
    }

    public sealed record Refused
    {
        public required string Code { get; init; }
        /// <summary>Of the last one.</summary>
        public required string Detail { get; init; }
        public required DateTimeOffset Hour { get; init; }
        public required long Count { get; init; }
        public required DateTimeOffset LastAt { get; init; }
    }

    public sealed record Response
    {
        public required IReadOnlyList<Event> Events { get; init; }
        /// <summary>The newest 50, by hour; also those of the source's kind of which it could not be told whose they were.</summary>
        public required IReadOnlyList<Refused> Refused { get; init; }
        public string? NextCursor { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/sources/{sourceId:guid}/events", HandleAsync).RequirePermission(Permission.SourcesRead)
        .Answers(400, "page_invalid", "page_size_invalid", "cursor_invalid", "bad_request")
        .Answers(404, "source_not_found");

    static async Task<Results<Ok<Response>, BadRequest, NotFound>> HandleAsync(Guid sourceId, [AsParameters] Query query, RecordingDb db, ViewTrail views, Caller caller, CancellationToken ct)
    {
        if (!TryNumber(query.Page, 1, DeepestPage, out var page))
            return new BadRequest("page_invalid", $"page is a whole number from 1 to {DeepestPage}; further back goes by cursor.");
        if (!TryNumber(query.PageSize, 20, 100, out var pageSize))
            return new BadRequest("page_size_invalid", "page_size is a whole number from 1 to 100.");
        RecordingCursor? cursor = null;
        if (query.Cursor is not null && (cursor = RecordingCursor.Parse(query.Cursor)) is null)
            return new BadRequest("cursor_invalid", "cursor is what an earlier answer gave as next_cursor.");
        if (await db.Sources.AsNoTracking().KnownTo(caller).SingleOrDefaultAsync(s => s.Id == sourceId, ct) is not { } source)
            return NotFound.Source;

        var events = db.RawEvents.AsNoTracking().Where(e => e.SourceId == sourceId);
        if (cursor is { RecordedAt: var at, Id: var id })
            events = events.Where(e => EF.Functions.LessThan(ValueTuple.Create(e.ReceivedAt, e.Id), ValueTuple.Create(at, id)));
        var found = await events.OrderByDescending(e => e.ReceivedAt).ThenByDescending(e => e.Id).Skip(cursor is null ? (page - 1) * pageSize : 0).Take(pageSize + 1)
            .Select(e => new Event
            {
                Id = e.Id,
                Kind = e.Kind,
                State = e.State,
                Refusal = e.Refusal,
                ReceivedAt = e.ReceivedAt,
                AppliedAt = e.AppliedAt,
                Attempts = e.Attempts,
                ConversationId = e.ConversationId,
                RecordingId = e.RecordingId,
            }).ToListAsync(ct);
        var shown = found.Take(pageSize).ToList();
        var refused = await db.RefusedDeliveries.AsNoTracking().Where(r => r.SourceKind == source.Kind && (r.SourceId == null || r.SourceId == sourceId))
            .OrderByDescending(r => r.LastAt).Take(MostRefused)
            .Select(r => new Refused { Code = r.Code, Detail = r.Detail, Hour = r.Hour, Count = r.Count, LastAt = r.LastAt }).ToListAsync(ct);
        await views.RecordAsync(AuditAction.SourceEventsRead, caller, string.Join('\n', sourceId, query.Page, query.PageSize, query.Cursor), query.Live == true, ct,
            new AuditTarget("source", sourceId), new { shown = shown.Count, page });
        return TypedResults.Ok(new Response
        {
            Events = shown,
            Refused = refused,
            NextCursor = found.Count > pageSize ? new RecordingCursor(shown[^1].ReceivedAt, shown[^1].Id).ToString() : null,
        });
    }

    static bool TryNumber(string? text, int otherwise, int most, out int number)
    {
        number = otherwise;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= most);
    }
}
