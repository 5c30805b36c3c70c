using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sealing;

namespace RecordingPlatform.Api.Recordings;

/// <summary>
/// Writes a selection's originals into a ZIP as they are opened: stored, not compressed, forward only. Memory grows by one
/// manifest line a recording. Each recording is audited before its first byte, and its rights are read at that moment.
/// </summary>
internal sealed partial class RecordingExport(RecordingDb db, RecordingSearch search, ObjectReader objects, AuditTrail audit, ILogger<RecordingExport> logger)
{
    /// <summary>Some 5 MB of manifest; days at 100 MB each.</summary>
    public const int MostRecordings = 10_000;

    const int PageSize = 100;

    public async Task WriteAsync(Stream destination, RecordingFilter filter, Caller caller, string? reason, CancellationToken ct)
    {
        var exportId = Guid.CreateVersion7();
        await audit.RecordAsync(AuditAction.RecordingsExported, caller, ct, new AuditTarget("export", exportId), reason: reason);
        await db.SaveChangesAsync(ct);
        var lines = new List<ExportLine>();
        await using (var zip = await ZipArchive.CreateAsync(destination, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, ct))
        {
            RecordingCursor? cursor = null;
            do
            {
                var page = await search.PageAsync(filter, caller, cursor, 0, PageSize, ct);
                var originals = await ReadOriginalsAsync(page.Ids, ct);
                foreach (var row in await RecordingRow.ReadAsync(db, page.Ids, ct))
                {
                    lines.Add(await AddAsync(zip, row, originals.GetValueOrDefault(row.Recording.Id), exportId, caller, reason, ct));
                    // Audit rows of ten thousand recordings would pile up in the context.
                    db.ChangeTracker.Clear();
                }
                cursor = page.Next;
            }
            while (cursor is not null && lines.Count < MostRecordings);
            await AddManifestAsync(zip, exportId, await db.NowAsync(ct), lines, ct);
        }
    }

    Task<Dictionary<Guid, ObjectRow>> ReadOriginalsAsync(IReadOnlyList<Guid> ids, CancellationToken ct) => db.Objects.AsNoTracking()
        .Where(o => ids.Contains(o.RecordingId!.Value) && o.Role == ObjectRole.Original && o.State == ObjectState.Published && o.SupersededAt == null && o.Deletion == DeletionState.None)
        .ToDictionaryAsync(o => o.RecordingId!.Value, ct);

    async Task<ExportLine> AddAsync(ZipArchive zip, RecordingRow row, ObjectRow? original, Guid exportId, Caller caller, string? reason, CancellationToken ct)
    {
        var recording = row.Recording;
        var rights = await RecordingRights.OfAsync(db, caller, recording, ct);
        if (!rights.Download || (rights.ReasonNeeded && string.IsNullOrWhiteSpace(reason)))
        {
            var code = rights.Download ? "reason_required" : "forbidden";
            await audit.RecordAsync(AuditAction.AccessDenied, caller, ct, AuditTarget.Of(recording), new { code, export_id = exportId }, outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
            return LineOf(row, "skipped", code);
        }
        if (recording.DeletedAt is not null || original is null)
            return LineOf(row, "skipped", recording.DeletedAt is null ? "no_original" : "deleted");
        OpenObject opened;
        try
        {
            opened = await objects.OpenAsync(db, original, ct);
        }
        catch (Exception e) when (ReasonOf(e) is not null && !ct.IsCancellationRequested)
        {
            Log.LeftOut(logger, recording.Id, original.Id, e);
            return LineOf(row, "skipped", ReasonOf(e));
        }
        using (opened)
        {
            await audit.RecordAsync(AuditAction.RecordingDownloaded, caller, ct, AuditTarget.Of(recording), new { object_id = original.Id, export_id = exportId }, reason);
            await db.SaveChangesAsync(ct);
            var name = NameOf(recording, original);
            var failure = await CopyAsync(zip, name, recording, original, opened, ct);
            return LineOf(row, failure is null ? "exported" : "incomplete", failure) with { File = name, SizeBytes = original.PlaintextLength, Sha256 = Convert.ToHexStringLower(original.Sha256!) };
        }
    }

    // Null when every byte is in. What broke off midway cannot be taken back: the manifest says so, and its hash proves it.
    async Task<string?> CopyAsync(ZipArchive zip, string name, Recording recording, ObjectRow original, OpenObject opened, CancellationToken ct)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = EarliestOf(recording.RecordedAt);
        await using var content = await entry.OpenAsync(ct);
        var pipe = PipeWriter.Create(content, new StreamPipeWriterOptions(leaveOpen: true));
        try
        {
            if (opened.Length > 0)
                await opened.CopySuffixAsync(opened.Length, pipe, ct);
            await pipe.CompleteAsync();
            return null;
        }
        catch (Exception e) when (ReasonOf(e) is not null && !ct.IsCancellationRequested)
        {
            await pipe.CompleteAsync();
            Log.BrokeOff(logger, recording.Id, original.Id, e);
            return ReasonOf(e);
        }
    }

    static async Task AddManifestAsync(ZipArchive zip, Guid exportId, DateTimeOffset createdAt, List<ExportLine> lines, CancellationToken ct)
    {
        var manifest = new ExportManifest
        {
            ExportId = exportId,
            CreatedAt = createdAt,
            Exported = lines.Count(l => l.Outcome == "exported"),
            Skipped = lines.Count(l => l.Outcome == "skipped"),
            Recordings = lines,
        };
        await using (var json = await zip.CreateEntry("manifest.json", CompressionLevel.Fastest).OpenAsync(ct))
            await manifest.WriteJsonAsync(json, ct);
        await using (var csv = await zip.CreateEntry("manifest.csv", CompressionLevel.Fastest).OpenAsync(ct))
            await manifest.WriteCsvAsync(csv, ct);
    }

    static string? ReasonOf(Exception failure) => failure switch
    {
        ObjectUnreadableException { Why: ObjectUnreadable.Archived } => "archived",
        ObjectUnreadableException => "missing_in_store",
        SealedObjectException or KeyTamperedException => "object_corrupt",
        KeyUnavailableException => "key_service_unavailable",
        KeyDestroyedException => "key_destroyed",
        _ => null,
    };

    // Of its time and id: a name that came with the file or a title may name a person in somebody's folder.
    static string NameOf(Recording recording, ObjectRow original) =>
        $"{recording.RecordedAt.UtcDateTime:yyyyMMdd-HHmmss}-{recording.Id}{MediaDelivery.ExtensionOf(original.MimeType)}";

    // What a ZIP's DOS time can say.
    static DateTimeOffset EarliestOf(DateTimeOffset time) => time.UtcDateTime.Year is < 1980 or > 2107 ? new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero) : time.ToUniversalTime();

    static ExportLine LineOf(RecordingRow row, string outcome, string? reason) => new()
    {
        RecordingId = row.Recording.Id,
        CallId = row.Conversation.ExternalId,
        MeetingId = row.Conversation.MeetingId,
        Title = row.Recording.Title,
        Source = row.Source,
        Status = RecordingStatus.Of(row.Recording),
        RecordedAt = row.Recording.RecordedAt,
        DurationSeconds = row.Recording.Duration?.TotalSeconds,
        Outcome = outcome,
        Reason = reason,
    };

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The export leaves out recording {RecordingId}: object {ObjectId} cannot be opened")]
        public static partial void LeftOut(ILogger logger, Guid recordingId, Guid objectId, Exception exception);

        [LoggerMessage(Level = LogLevel.Error, Message = "In the export recording {RecordingId} is incomplete: object {ObjectId} broke off midway")]
        public static partial void BrokeOff(ILogger logger, Guid recordingId, Guid objectId, Exception exception);
    }
}
