using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Audit;

/// <summary>Actions as the audit log names them on the wire: snake_case; three keep the names that existing clients filter by.</summary>
public static class AuditNames
{
    static readonly Dictionary<AuditAction, string> Kept = new()
    {
        [AuditAction.RecordingsListed] = "list_recordings",
        [AuditAction.RecordingViewed] = "view_recording",
        [AuditAction.RecordingDownloaded] = "download_recording",
    };

    static readonly Dictionary<string, AuditAction> ByName = Enum.GetValues<AuditAction>().ToDictionary(Of, StringComparer.Ordinal);

    public static string Of(AuditAction action) => Kept.TryGetValue(action, out var name) ? name : SnakeCase.Of(action);

    /// <summary>Null when no action has that name.</summary>
    public static AuditAction? Parse(string name) => ByName.TryGetValue(name, out var action) ? action : null;
}
