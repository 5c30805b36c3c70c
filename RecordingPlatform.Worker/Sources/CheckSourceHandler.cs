using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Worker.Children;
using RecordingPlatform.Worker.Media;
using RecordingPlatform.Worker.Sftp;

namespace RecordingPlatform.Worker.Sources;

/// <summary>
/// Tests a source for somebody who waits: its settings, its newest reports, and the way to its media, by going it. Nothing
/// secret is in what it finds. Safe to run twice: it only looks, and what it found is written with the end of the job.
/// </summary>
internal sealed class CheckSourceHandler(
    RecordingDb db, EnvelopeKeys keys, MediaTools tools, CameraCheck cameras, IOptions<SftpOptions> sftp, WorkDirectories directories, TimeProvider clock, ILogger<CheckSourceHandler> logger) : IJobHandler<CheckSource>
{
    // Within the job's deadline, so that what was found until then is shown.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(35);

    public async Task<JobOutcome> RunAsync(CheckSource arguments, JobContext context, CancellationToken ct)
    {
        if (await db.Sources.AsNoTracking().SingleOrDefaultAsync(s => s.Id == arguments.SourceId, ct) is not { } source)
            return JobOutcome.Done;
        var findings = new List<SourceFinding>();
        var secrets = await OpenAsync(source, findings, ct);
        findings.AddRange(await SettingsCheck.FindAsync(db, source, secrets, ct));
        if (SourceRules.Creatable.Contains(source.Kind))
            findings.AddRange(await ReportsCheck.FindAsync(db, source, ct));
        findings.Add(Tools());
        await ReachAsync(source, secrets, findings, ct);

        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var now = await db.NowAsync(ct);
        var json = SourceFinding.Write(findings);
        await db.SourceChecks.Where(c => c.Id == arguments.CheckId && c.FinishedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(c => c.Findings, json).SetProperty(c => c.FinishedAt, now), ct);
        await context.CompleteInAsync(db, ct);
        await transaction.CommitAsync(ct);
        return JobOutcome.Done;
    }

    async Task<SourceSecrets?> OpenAsync(Source source, List<SourceFinding> findings, CancellationToken ct)
    {
        try
        {
            return await source.OpenSecretsAsync(keys, ct);
        }
        catch (KeyUnavailableException)
        {
            findings.Add(Finding.Bad(SourceSubject.Settings, "The key service does not answer, so the source's secrets cannot be opened. See under System health, then test again."));
            return null;
        }
    }

    SourceFinding Tools()
    {
        try
        {
            _ = (tools.Ffmpeg, tools.Ffprobe);
            return Finding.Good(SourceSubject.Media, "ffmpeg and ffprobe are installed where the worker runs.");
        }
        catch (ChildStartException e)
        {
            return Finding.Bad(SourceSubject.Media, $"What arrives cannot be processed: {e.Message}");
        }
    }

    async Task ReachAsync(Source source, SourceSecrets? secrets, List<SourceFinding> findings, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        var settings = SourceSettings.Read(source.Settings);
        var filming = cameras.FindAsync(settings, secrets ?? new SourceSecrets(), either.Token);
        var reaching = source.MediaLocation is { } text && MediaLocation.TryParse(text, out var location, out _) ? ReachMediaAsync(source, location, settings, secrets, findings, either.Token) : Task.CompletedTask;
        await Task.WhenAll(filming, reaching);
        // Whoever ended the job wants nothing that was found.
        ct.ThrowIfCancellationRequested();
        findings.AddRange(await filming);
    }

    async Task ReachMediaAsync(Source source, MediaLocation location, SourceSettings settings, SourceSecrets? secrets, List<SourceFinding> findings, CancellationToken limit)
    {
        // Only a PBX has a folder for each day.
        var byDay = source.Kind == SourceKind.Freepbx;
        try
        {
            switch (location)
            {
                case MediaLocation.Folder folder:
                    // A mount that hangs holds its thread, and not this one.
                    findings.AddRange(await Task.Run(() => FolderCheck.FindAsync(folder.Path, byDay), limit).WaitAsync(limit));
                    break;
                // Keys that cannot be opened now are not missing.
                case MediaLocation.Bucket bucket when secrets is not null:
                    findings.AddRange(await BucketCheck.FindAsync(bucket, settings, secrets, limit));
                    break;
                case MediaLocation.Sftp place:
                    await new SftpCheck(sftp.Value, directories, clock, logger).FindAsync(place, settings, secrets ?? new SourceSecrets(), byDay, findings, limit);
                    break;
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            findings.Add(Finding.Bad(SourceSubject.Connection, $"The media location did not answer within {Patience.TotalSeconds} seconds. Look at the network and at the machine behind it; a mount that hangs needs to be mounted anew."));
        }
    }
}

internal static class Finding
{
    public static SourceFinding Good(SourceSubject subject, string message) => new() { Subject = subject, Ok = true, Message = message };

    public static SourceFinding Bad(SourceSubject subject, string message) => new() { Subject = subject, Ok = false, Message = message };
}
