using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Recordings;

/// <summary>A recording that should exist and does not.</summary>
public sealed record MissingRecording
{
    public required Guid ExpectationId { get; init; }
    public required Guid ConversationId { get; init; }
    public string? Title { get; init; }
    public required string CallId { get; init; }
    public required string Source { get; init; }
    public required ExpectedMedium Medium { get; init; }
    public required DateTimeOffset DueAt { get; init; }
}

/// <param name="Late">Due by now and not there; counted to <see cref="Most"/>.</param>
/// <param name="Expected">Due later; counted to <see cref="Most"/>.</param>
/// <param name="Newest">The late ones that were due last.</param>
public sealed record MissingRecordings(int Late, int Expected, IReadOnlyList<MissingRecording> Newest)
{
    /// <summary>Counted no further: who has that many missing has another problem than their number.</summary>
    public const int Most = 1000;

    const int Shown = 10;

    /// <summary>Null for whom completeness is no business of: patients, and keys without a source.</summary>
    public static async Task<MissingRecordings?> ReadAsync(RecordingDb db, Caller caller, CancellationToken ct)
    {
        if (db.ExpectationsVisibleTo(caller) is not { } visible)
            return null;
        var open = visible.Where(e => e.State == ExpectationState.Expected || e.State == ExpectationState.Late);
        var late = open.Where(e => e.DueAt < RecordingDb.Now());
        return new MissingRecordings(
            await late.OrderByDescending(e => e.DueAt).Take(Most).CountAsync(ct),
            await open.Where(e => e.DueAt >= RecordingDb.Now()).OrderBy(e => e.DueAt).Take(Most).CountAsync(ct),
            await (
                from expectation in late.OrderByDescending(e => e.DueAt).ThenByDescending(e => e.Id).Take(Shown)
                join conversation in db.Conversations on expectation.ConversationId equals conversation.Id
                join source in db.Sources on expectation.SourceId equals source.Id
                orderby expectation.DueAt descending, expectation.Id descending
                select new MissingRecording
                {
                    ExpectationId = expectation.Id,
                    ConversationId = conversation.Id,
                    Title = conversation.Title,
                    CallId = conversation.ExternalId,
                    Source = source.Name,
                    Medium = expectation.Medium,
                    DueAt = expectation.DueAt,
                }).AsNoTracking().ToListAsync(ct));
    }
}
