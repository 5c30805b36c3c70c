using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.Retention;

/// <summary>How long a new recording will be kept, by the policies in force: the longest that applies.</summary>
internal static class RetentionDays
{
    /// <exception cref="InvalidOperationException">No policy is enabled.</exception>
    public static async Task<int> OfAsync(RecordingDb db, ConversationKind kind, Guid sourceId, CancellationToken ct) =>
        await db.RetentionPolicies
            .Where(p => p.Enabled && p.ObjectRole == null && (p.ConversationKind == null || p.ConversationKind == kind) && (p.SourceId == null || p.SourceId == sourceId))
            .MaxAsync(p => (int?)p.KeepDays, ct)
        ?? throw new InvalidOperationException("No retention policy is enabled: a recording needs to know how long it is kept.");
}
