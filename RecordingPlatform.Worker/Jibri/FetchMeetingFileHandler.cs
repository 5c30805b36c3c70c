using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jibri;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Worker.Spools;

namespace RecordingPlatform.Worker.Jibri;

/// <summary>
/// Takes in a file of Jibri's, and from the file beside it who took part. Safe to run twice, also at once and beside a push: the
/// recording is named by where the file lies, the transaction that makes it ends the job and the file's row with it, and
/// whoever comes second finds it there.
/// </summary>
sealed partial class FetchMeetingFileHandler(
    RecordingDb db, RecordingIntake intake, ObjectWriter writer, OpenSpools spools, SpoolTrouble trouble, TimeProvider clock, ILogger<FetchMeetingFileHandler> logger) : IJobHandler<FetchMeetingFile>
{
    public async Task<JobOutcome> RunAsync(FetchMeetingFile arguments, JobContext context, CancellationToken ct)
    {
        var file = await db.SpoolFiles.AsNoTracking().SingleOrDefaultAsync(f => f.Id == arguments.SpoolFileId && f.State == SpoolFileState.Fetching, ct);
        if (file is null)
            return JobOutcome.Done;
        var source = await db.Sources.AsNoTracking().SingleAsync(s => s.Id == file.SourceId, ct);
        // Switched off: it is seen again when it is switched on.
        if (!source.Enabled)
            return await ReleaseAsync(file, ct);
        if (spools.Rest(source) is { } rest)
            return JobOutcome.Snooze(rest, "SpoolUnreadable");
        try
        {
            var outcome = await TakeAsync(source, file, context, ct);
            spools.Answered(source);
            return outcome;
        }
        catch (KeyUnavailableException away)
        {
            return JobOutcome.Snooze(away.RetryAfter, "KeyUnavailable");
        }
        catch (RecordingAppearedException)
        {
            // Its report came while it was read: the next run reads it for the id that the report made.
            return JobOutcome.HandBack;
        }
        catch (SpoolException e)
        {
            return await FailAsync(source, file, e, ct);
        }
    }

    async Task<JobOutcome> TakeAsync(Source source, SpoolFile file, JobContext context, CancellationToken ct)
    {
        var conversation = file.ConversationId ?? throw new InvalidOperationException($"Spool file {file.Id} was given away without a conversation.");
        var externalId = MediaPath.ExternalIdOf(file.Path);
        if (await TakenAsync(source.Id, externalId, ct) is { } taken)
        {
            await SpoolBook.EndAsync(db, [file.Id], SpoolFileState.Taken, taken, null, ct);
            return JobOutcome.Done;
        }
        var spool = await spools.OpenAsync(source, ct);
        var fetch = new SpoolFetch(spool, file.Path, new SpoolStat(file.SizeBytes, file.ModifiedAt), clock);
        await using var original = await writer.BeginAsync(new ObjectDraft { OwnerKind = OwnerKind.Recording, OwnerId = await intake.IdForAsync(source.Id, externalId, ct), Role = ObjectRole.Original }, ct);
        if (!await fetch.SealAsync(original, ct))
            return await ReleaseAsync(file, ct);
        await original.CompleteAsync(ct);
        await JoinAsync(conversation, file, spool, ct);

        var media = new CapturedMedia
        {
            SourceId = source.Id,
            ExternalId = externalId,
            ConversationId = conversation,
            Medium = FoundMeeting.MediumOf(file.Path),
            ExpectationId = externalId,
            FileName = MediaPath.Visible(MediaPath.FileOf(file.Path)),
            RecordedAt = await db.Conversations.Where(c => c.Id == conversation).Select(c => c.StartedAt).SingleAsync(ct),
            Type = fetch.Recognise(""),
            DamagedBecause = DamageOf(file),
            AbsentBecause = file.SizeBytes == 0 ? FileJudgement.NothingRecorded : null,
        };
        return await PublishAsync(original, media, file, context, ct);
    }

    static string? DamageOf(SpoolFile file) =>
        file.SizeBytes == 0 ? FileJudgement.NothingRecorded
        : file.ReportedBytes is { } reported && reported != file.SizeBytes ? $"The length differs: {reported} bytes were reported, and the file has {file.SizeBytes}."
        : null;

    async Task<JobOutcome> PublishAsync(PendingObject original, CapturedMedia media, SpoolFile file, JobContext context, CancellationToken ct)
    {
        var end = media.AbsentBecause is null ? SpoolFileState.Taken : SpoolFileState.Empty;
        var taken = await intake.TakeAsync(original, media, ct, context.GuardAsync, async (transaction, recording, stop) =>
        {
            await SpoolBook.EndAsync(transaction, [file.Id], end, recording.Id, null, stop);
            await context.CompleteInAsync(transaction, stop);
        });
        if (taken is IntakeResult.AlreadyThere there)
            await SpoolBook.EndAsync(db, [file.Id], SpoolFileState.Taken, there.Recording.Id, null, ct);
        else if (taken is IntakeResult.Accepted accepted)
            Log.Taken(logger, media.SourceId, accepted.Recording.Id, original.Facts!.PlaintextLength);
        return JobOutcome.Done;
    }

    Task<Guid?> TakenAsync(Guid sourceId, string externalId, CancellationToken ct) => db.Recordings
        .Where(r => r.SourceId == sourceId && r.ExternalId == externalId && (r.SizeBytes != null || r.DeletedAt != null)).Select(r => (Guid?)r.Id).SingleOrDefaultAsync(ct);

    // Best effort: a recording without its list of participants is still the recording.
    async Task JoinAsync(Guid conversation, SpoolFile file, ISpool spool, CancellationToken ct)
    {
        if (!file.Path.Contains('/', StringComparison.Ordinal))
            return;
        var participants = await ReadMetadataAsync(spool, $"{file.Path[..file.Path.LastIndexOf('/')]}/{MetadataFile.Name}", ct);
        if (participants.Count == 0)
            return;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var key = await db.Conversations.Where(c => c.Id == conversation).Select(c => c.ExternalId).SingleAsync(ct);
        await new ConversationBook(db).WriteAsync(new ReportedConversation { SourceId = file.SourceId, Keys = [key], Kind = ConversationKind.Meeting, Participants = participants }, ct);
        await transaction.CommitAsync(ct);
    }

    static async Task<IReadOnlyList<ReportedParticipant>> ReadMetadataAsync(ISpool spool, string path, CancellationToken ct)
    {
        using var json = new MemoryStream();
        try
        {
            if (await spool.StatAsync(path, ct) is not { SizeBytes: > 0 and <= MetadataFile.MostBytes } stat)
                return [];
            await spool.ReadAsync(path, 0, stat.SizeBytes, (bytes, _) =>
            {
                json.Write(bytes.Span);
                return ValueTask.CompletedTask;
            }, ct);
        }
        catch (SpoolException e) when (e.Fault is SpoolFault.Missing or SpoolFault.Denied or SpoolFault.NotAFile)
        {
            return [];
        }
        return MetadataFile.Read(json.ToArray()).Participants;
    }

    // It moved after all: whoever watches or sweeps finds it again.
    async Task<JobOutcome> ReleaseAsync(SpoolFile file, CancellationToken ct)
    {
        await SpoolBook.ReleaseAsync(db, [file.Id], ct);
        Log.Moved(logger, file.SourceId, file.Id);
        return JobOutcome.Done;
    }

    async Task<JobOutcome> FailAsync(Source source, SpoolFile file, SpoolException e, CancellationToken ct)
    {
        var externalId = MediaPath.ExternalIdOf(file.Path);
        var waiting = await db.Expectations.Where(x => x.ConversationId == file.ConversationId && x.ExternalId == externalId && x.LookAt != null).Select(x => x.Id).ToArrayAsync(ct);
        var pause = await trouble.NoteAsync(source, e, waiting, ct);
        switch (e.Fault)
        {
            case SpoolFault.Missing:
                return await ReleaseAsync(file, ct);
            case SpoolFault.NotAFile:
                await SpoolBook.EndAsync(db, [file.Id], SpoolFileState.Refused, null, e.Message, ct);
                return JobOutcome.Done;
            default:
                return JobOutcome.Snooze(pause, "SpoolUnreadable");
        }
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Took recording {RecordingId} of {SizeBytes} bytes from the media location of source {SourceId}")]
        public static partial void Taken(ILogger logger, Guid sourceId, Guid recordingId, long sizeBytes);

        [LoggerMessage(2, LogLevel.Information, "File {SpoolFileId} of source {SourceId} is no longer what was seen, or its source is switched off; it is watched further")]
        public static partial void Moved(ILogger logger, Guid sourceId, Guid spoolFileId);
    }
}
