using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Worker.Spools;

namespace RecordingPlatform.Worker.FreePbx;

/// <summary>
/// Takes in what stands still in a spool. Safe to run twice, also at once: the recording is named by its path, the transaction
/// that makes it ends the job and the files' rows with it, and whoever comes second finds it there.
/// </summary>
sealed partial class FetchSpoolFileHandler(
    RecordingDb db, RecordingIntake intake, ObjectWriter writer, OpenSpools spools, SpoolTrouble trouble, TwoLegs twoLegs, TimeProvider clock, ILogger<FetchSpoolFileHandler> logger) : IJobHandler<FetchSpoolFile>
{
    const string Empty = "The file holds a header and nothing behind it: nothing was recorded.";
    const string Unknown = "The content is no audio or video that the platform knows.";

    public async Task<JobOutcome> RunAsync(FetchSpoolFile arguments, JobContext context, CancellationToken ct)
    {
        Guid[] ids = arguments.OtherLegId is { } other ? [arguments.SpoolFileId, other] : [arguments.SpoolFileId];
        var rows = await db.SpoolFiles.AsNoTracking().Where(f => ids.Contains(f.Id) && f.State == SpoolFileState.Fetching).ToListAsync(ct);
        if (rows.Count != ids.Length)
            return JobOutcome.Done;
        var files = ids.Select(id => rows.Single(r => r.Id == id)).Select(row => new Taking(row, NameOf(row))).ToList();
        var source = await db.Sources.AsNoTracking().SingleAsync(s => s.Id == rows[0].SourceId, ct);
        // Switched off: it is seen again when it is switched on.
        if (!source.Enabled)
        {
            await SpoolBook.ReleaseAsync(db, ids, ct);
            return JobOutcome.Done;
        }
        if (await trouble.StandsStillAsync(source, ct))
            return JobOutcome.Snooze(SpoolTrouble.StoppedPause, "HostKeyChanged");
        if (spools.Rest(source) is { } rest)
            return JobOutcome.Snooze(rest, "SpoolUnreadable");
        try
        {
            var media = MediaOf(source, files);
            if (await IdOfTakenAsync(media, ct) is { } taken)
            {
                await SpoolBook.EndAsync(db, ids, SpoolFileState.Taken, taken, null, ct);
                return JobOutcome.Done;
            }
            var spool = await spools.OpenAsync(source, ct);
            var outcome = files.Count == 2
                ? await TakeLegsAsync(spool, files, media, context, ct)
                : await TakeFileAsync(spool, files[0], media, arguments.AsItIs, context, ct);
            spools.Answered(source);
            return outcome;
        }
        catch (KeyUnavailableException away)
        {
            return JobOutcome.Snooze(away.RetryAfter, "KeyUnavailable");
        }
        catch (SpoolException e)
        {
            return await FailAsync(source, rows, e, ct);
        }
    }

    sealed record Taking(SpoolFile Row, MonitorFileName Name)
    {
        public string Folder => Row.Path[..^Name.Name.Length];
    }

    static MonitorFileName NameOf(SpoolFile row) =>
        MonitorFileName.TryParse(row.Path[(row.Path.LastIndexOf('/') + 1)..], out var name, out var problem) ? name
            : throw new InvalidOperationException($"Spool file {row.Id} has a name that none of ours has: {problem}");

    static CapturedMedia MediaOf(Source source, List<Taking> files) => new()
    {
        SourceId = source.Id,
        // Two legs go by the name that the recording has without them.
        ExternalId = FetchSpoolFile.ExternalIdOf(files.Count == 2 ? files[0].Folder + files[0].Name.WithoutLeg : files[0].Row.Path),
        ConversationId = files[0].Row.ConversationId ?? throw new InvalidOperationException($"Spool file {files[0].Row.Id} was given away without a conversation."),
        Medium = ExpectedMedium.Audio,
        FileName = files.Count == 2 ? Path.ChangeExtension(files[0].Name.WithoutLeg, ".wav") : files[0].Name.Name,
        RecordedAt = files[0].Name.StartedAt(OpenSpools.ZoneOf(source)),
    };

    Task<Guid?> IdOfTakenAsync(CapturedMedia media, CancellationToken ct) => db.Recordings
        .Where(r => r.SourceId == media.SourceId && r.ExternalId == media.ExternalId && (r.SizeBytes != null || r.DeletedAt != null))
        .Select(r => (Guid?)r.Id).SingleOrDefaultAsync(ct);

    async Task<JobOutcome> TakeFileAsync(ISpool spool, Taking file, CapturedMedia media, bool asItIs, JobContext context, CancellationToken ct)
    {
        var holdsNothing = file.Row.SizeBytes <= file.Name.HeaderBytes;
        if (holdsNothing && !asItIs)
            return await ReleaseAsync([file.Row], ct);
        var fetch = FetchOf(spool, file.Row);
        await using var sealing = await BeginAsync(media, ObjectRole.Original, "", ct);
        if (!await fetch.SealAsync(sealing, ct))
            return await ReleaseAsync([file.Row], ct);
        await sealing.CompleteAsync(ct);
        var type = fetch.Recognise(file.Name.Extension);
        media = media with
        {
            Type = type,
            DamagedBecause = holdsNothing ? Empty : type is null ? Unknown : null,
            AbsentBecause = holdsNothing ? Empty : null,
        };
        return await PublishAsync(sealing, media, [file.Row], [], holdsNothing ? SpoolFileState.Empty : SpoolFileState.Taken, context, ct);
    }

    async Task<JobOutcome> TakeLegsAsync(ISpool spool, List<Taking> files, CapturedMedia media, JobContext context, CancellationToken ct)
    {
        var rows = files.ConvertAll(f => f.Row);
        await using var heard = await BeginAsync(media, ObjectRole.Part, "in", ct);
        await using var said = await BeginAsync(media, ObjectRole.Part, "out", ct, heard.Row.OwnerId);
        await using var original = await BeginAsync(media, ObjectRole.Original, "", ct, heard.Row.OwnerId);
        var joined = await twoLegs.TakeAsync(
            new TwoLegs.Leg(FetchOf(spool, rows[0]), files[0].Name, rows[0].SizeBytes, heard), new TwoLegs.Leg(FetchOf(spool, rows[1]), files[1].Name, rows[1].SizeBytes, said), original, ct);
        if (joined is null)
            return await ReleaseAsync(rows, ct);
        media = media with { Type = joined.Type, DamagedBecause = joined.DamagedBecause, FileName = joined.IsJoined ? media.FileName : files[0].Name.Name };
        return await PublishAsync(original, media, rows,
            [(heard, files[0].Name.Name, joined.HeardType), (said, files[1].Name.Name, joined.SaidType)], SpoolFileState.Taken, context, ct);
    }

    async Task<JobOutcome> PublishAsync(PendingObject original, CapturedMedia media, List<SpoolFile> rows, (PendingObject Part, string FileName, MediaType? Type)[] parts,
        SpoolFileState end, JobContext context, CancellationToken ct)
    {
        var ids = rows.Select(r => r.Id).ToArray();
        var taken = await intake.TakeAsync(original, media, ct, context.GuardAsync, async (transaction, recording, stop) =>
        {
            foreach (var (part, fileName, type) in parts)
                await part.PublishAsync(transaction, recording.KeyOwner, recording.Id, type?.AudioContentType ?? "application/octet-stream", fileName, stop);
            await SpoolBook.EndAsync(transaction, ids, end, recording.Id, null, stop);
            await context.CompleteInAsync(transaction, stop);
        });
        if (taken is IntakeResult.AlreadyThere there)
            await SpoolBook.EndAsync(db, ids, SpoolFileState.Taken, there.Recording.Id, null, ct);
        else if (taken is IntakeResult.Accepted accepted)
            Log.Taken(logger, media.SourceId, accepted.Recording.Id, original.Facts!.PlaintextLength);
        return JobOutcome.Done;
    }

    async Task<PendingObject> BeginAsync(CapturedMedia media, ObjectRole role, string variant, CancellationToken ct, Guid? owner = null) => await writer.BeginAsync(new ObjectDraft
    {
        OwnerKind = OwnerKind.Recording,
        OwnerId = owner ?? await intake.IdForAsync(media.SourceId, media.ExternalId, ct),
        Role = role,
        Variant = variant,
    }, ct);

    SpoolFetch FetchOf(ISpool spool, SpoolFile row) => new(spool, row.Path, new SpoolStat(row.SizeBytes, row.ModifiedAt), clock);

    // It moved after all: whoever watches finds it again.
    async Task<JobOutcome> ReleaseAsync(List<SpoolFile> rows, CancellationToken ct)
    {
        await SpoolBook.ReleaseAsync(db, [.. rows.Select(r => r.Id)], ct);
        Log.Moved(logger, rows[0].SourceId, rows[0].Id);
        return JobOutcome.Done;
    }

    async Task<JobOutcome> FailAsync(Source source, List<SpoolFile> rows, SpoolException e, CancellationToken ct)
    {
        var waiting = await db.Expectations.Where(x => x.ConversationId == rows[0].ConversationId && x.LookAt != null && x.Medium == ExpectedMedium.Audio).Select(x => x.Id).ToArrayAsync(ct);
        var pause = await trouble.NoteAsync(source, e, waiting, ct);
        switch (e.Fault)
        {
            case SpoolFault.Missing:
                return await ReleaseAsync(rows, ct);
            case SpoolFault.NotAFile:
                await SpoolBook.EndAsync(db, [.. rows.Select(r => r.Id)], SpoolFileState.Refused, null, e.Message, ct);
                return JobOutcome.Done;
            default:
                return JobOutcome.Snooze(pause, e.Fault == SpoolFault.HostKey ? "HostKeyChanged" : "SpoolUnreadable");
        }
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Took recording {RecordingId} of {SizeBytes} bytes from the spool of source {SourceId}")]
        public static partial void Taken(ILogger logger, Guid sourceId, Guid recordingId, long sizeBytes);

        [LoggerMessage(2, LogLevel.Information, "Spool file {SpoolFileId} of source {SourceId} is no longer what was seen; it is watched further")]
        public static partial void Moved(ILogger logger, Guid sourceId, Guid spoolFileId);
    }
}
