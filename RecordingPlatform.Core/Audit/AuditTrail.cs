using System.Security.Cryptography;
using System.Text.Json;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Audit;

/// <summary>What is recorded, before it has bytes.</summary>
internal sealed record AuditEntry
{
    public required DateTimeOffset At { get; init; }
    public required AuditAction Action { get; init; }
    public required AuditOutcome Outcome { get; init; }
    public required ActorKind ActorKind { get; init; }
    public Guid? ActorId { get; init; }
    public Guid? SessionId { get; init; }
    public Guid? RecordingId { get; init; }
    public Guid? SubjectId { get; init; }
    public string? TargetKind { get; init; }
    public Guid? TargetId { get; init; }
    public string? Facts { get; init; }
}

/// <summary>What an entry is about.</summary>
public readonly record struct AuditTarget(string? Kind = null, Guid? Id = null, Guid? RecordingId = null, Guid? SubjectId = null)
{
    public static AuditTarget Of(Recordings.Recording recording) => new(RecordingId: recording.Id, SubjectId: recording.SubjectId);
}

/// <summary>
/// Adds audit rows to the caller's unit of work: they are saved by the SaveChanges, and committed by the transaction,
/// that saves the change itself.
/// </summary>
public sealed class AuditTrail(RecordingDb db)
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <param name="action">What happened.</param>
    /// <param name="caller">Who did it; their IP and user agent go to the erasable details.</param>
    /// <param name="ct">Cancels reading the clock.</param>
    /// <param name="target">What it was done to.</param>
    /// <param name="facts">Ids, counts and codes; serialised as JSON. Nothing personal.</param>
    /// <param name="reason">Words somebody typed; erasable.</param>
    /// <param name="outcome">Done unless it was denied or failed.</param>
    public async Task RecordAsync(AuditAction action, Caller caller, CancellationToken ct, AuditTarget target = default, object? facts = null,
        string? reason = null, AuditOutcome outcome = AuditOutcome.Done)
    {
        var entry = new AuditEntry
        {
            At = await db.NowAsync(ct),
            Action = action,
            Outcome = outcome,
            ActorKind = caller.Kind,
            ActorId = caller.ActorId,
            SessionId = caller.SessionId,
            RecordingId = target.RecordingId,
            SubjectId = target.SubjectId,
            TargetKind = target.Kind,
            TargetId = target.Id,
            Facts = facts is null ? null : JsonSerializer.Serialize(facts, Json),
        };
        var details = AddDetails(entry.At, reason, caller);
        db.Audit.Add(new AuditRow
        {
            At = entry.At,
            Action = entry.Action,
            Outcome = entry.Outcome,
            ActorKind = entry.ActorKind,
            ActorId = entry.ActorId,
            SessionId = entry.SessionId,
            RecordingId = entry.RecordingId,
            SubjectId = entry.SubjectId,
            TargetKind = entry.TargetKind,
            TargetId = entry.TargetId,
            Facts = entry.Facts,
            DetailsId = details?.Id,
            Leaf = LeafBytes.Of(entry, details?.Id, details is null ? null : LeafBytes.HashDetails(details.Salt, details.Reason, details.Ip, details.UserAgent)),
        });
    }

    AuditDetails? AddDetails(DateTimeOffset at, string? reason, Caller caller)
    {
        if (reason is null && caller.Ip is null && caller.UserAgent is null)
            return null;
        var details = new AuditDetails
        {
            Id = Guid.CreateVersion7(),
            AuditAt = at,
            Salt = RandomNumberGenerator.GetBytes(32),
            Reason = reason,
            Ip = caller.Ip,
            UserAgent = caller.UserAgent,
        };
        db.AuditDetails.Add(details);
        return details;
    }
}
