namespace RecordingPlatform.Web.ApiClient;

internal sealed partial class PlatformApi
{
    /// <summary>Who did what with one recording, newest first; 403 without the right to read the audit log.</summary>
    public Task<Answer<AuditLog>> GetAuditOfAsync(Guid recordingId, int limit, CancellationToken ct) =>
        GetAsync<AuditLog>(WithQuery("api/v1/audit/log", ("recording_id", recordingId.ToString()), ("limit", limit.ToString(System.Globalization.CultureInfo.InvariantCulture))), ct);
}

public sealed record AuditLog
{
    public required IReadOnlyList<AuditEntry> Entries { get; init; }
    public required long Total { get; init; }
}

public sealed record AuditEntry
{
    public required DateTimeOffset At { get; init; }
    public required string Action { get; init; }
    public required string Outcome { get; init; }
    public required string ActorKind { get; init; }
    public string? ActorName { get; init; }
    public string? Reason { get; init; }
}
