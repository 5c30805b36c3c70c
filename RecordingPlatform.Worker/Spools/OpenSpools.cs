using System.Collections.Concurrent;
using System.Text.Json;
using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Worker.Sftp;

namespace RecordingPlatform.Worker.Spools;

/// <summary>Where sources leave their media, as they are set. Opened anew when a source has changed; how often each failed in a row is remembered meanwhile.</summary>
sealed class OpenSpools(SftpSessions sessions, EnvelopeKeys keys, TimeProvider clock)
{
    readonly ConcurrentDictionary<Guid, (DateTimeOffset UpdatedAt, ISpool Spool)> _opened = new();
    readonly ConcurrentDictionary<Guid, Failing> _failing = new();

    sealed record Failing(DateTimeOffset UpdatedAt, int Times, TimeSpan Pause, long Since);

    /// <exception cref="SpoolException"><see cref="SpoolFault.Settings"/>: what is set cannot be used.</exception>
    /// <exception cref="KeyUnavailableException">The source's secrets cannot be opened now.</exception>
    public async Task<ISpool> OpenAsync(Source source, CancellationToken ct)
    {
        if (_opened.TryGetValue(source.Id, out var known) && known.UpdatedAt == source.UpdatedAt)
            return known.Spool;
        var spool = await MakeAsync(source, ct);
        _opened[source.Id] = (source.UpdatedAt, spool);
        return spool;
    }

    /// <summary>Counts a failure: the source is left alone, the longer the more often it failed in a row.</summary>
    public (int Times, TimeSpan Pause) Failed(Source source)
    {
        var times = 1 + (_failing.TryGetValue(source.Id, out var before) && before.UpdatedAt == source.UpdatedAt ? before.Times : 0);
        var pause = WatchSchedule.PauseAfterFailure(times);
        _failing[source.Id] = new Failing(source.UpdatedAt, times, pause, clock.GetTimestamp());
        return (times, pause);
    }

    public void Answered(Source source) => _failing.TryRemove(source.Id, out _);

    /// <summary>For how long the source is still left alone; null when it may be asked. A source that was changed may be asked at once.</summary>
    public TimeSpan? Rest(Source source) =>
        _failing.TryGetValue(source.Id, out var failing) && failing.UpdatedAt == source.UpdatedAt && failing.Pause - clock.GetElapsedTime(failing.Since) is { Ticks: > 0 } rest ? rest : null;

    async Task<ISpool> MakeAsync(Source source, CancellationToken ct)
    {
        if (source.MediaLocation is null)
            throw new SpoolException(SpoolFault.Settings, "The source has no media location. Write where its recordings lie: sftp://user@host/var/spool/asterisk/monitor for a PBX, the folder where they are mounted, or s3://bucket/prefix for Jibri.");
        if (!MediaLocation.TryParse(source.MediaLocation, out var location, out var problem))
            throw new SpoolException(SpoolFault.Settings, problem);
        switch (location)
        {
            case MediaLocation.Folder folder:
                return new FolderSpool(folder.Path);
            case MediaLocation.Sftp sftp:
                var secrets = await source.OpenSecretsAsync(keys, ct);
                var endpoint = new SftpEndpoint
                {
                    Host = sftp.Host,
                    Port = sftp.Port,
                    User = sftp.User,
                    PrivateKey = secrets.SshPrivateKey ?? throw new SpoolException(SpoolFault.Settings, "The source has no SSH key to sign in with. Generate one on its page, and put its public key into the authorized_keys of its user on the PBX."),
                    HostKeys = SettingsOf(source).HostKeys,
                };
                return endpoint.Problems() is { Count: > 0 } problems
                    ? throw new SpoolException(SpoolFault.Settings, string.Join(' ', problems))
                    : new SftpSpool(sessions, endpoint, sftp.Path);
            case MediaLocation.Bucket bucket when source.Kind == SourceKind.Jibri:
                return new BucketSpool(bucket, SettingsOf(source), await source.OpenSecretsAsync(keys, ct), clock);
            default:
                throw new SpoolException(SpoolFault.Settings, "A PBX's recordings are read over SFTP or from a folder; the media location is neither.");
        }
    }

    /// <exception cref="SpoolException">The row holds something else.</exception>
    public static SourceSettings SettingsOf(Source source)
    {
        try
        {
            return SourceSettings.Read(source.Settings);
        }
        catch (JsonException e)
        {
            throw new SpoolException(SpoolFault.Settings, "The source's settings cannot be read. Write them anew.", e);
        }
    }

    /// <exception cref="SpoolException">The zone is not known here.</exception>
    public static TimeZoneInfo ZoneOf(Source source) => TimeZoneInfo.TryFindSystemTimeZoneById(source.TimeZone, out var zone) ? zone
        : throw new SpoolException(SpoolFault.Settings, "The source's time zone is none that this machine knows. Use a name like Europe/Berlin.");
}
