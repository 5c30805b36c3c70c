using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Core.Sources;

/// <summary>What is to be set; null leaves as it is, except where a flag says that it was given.</summary>
public sealed record SourceChange
{
    public bool? Enabled { get; init; }
    public string? TimeZone { get; init; }
    public bool PublicBaseUrlGiven { get; init; }
    public string? PublicBaseUrl { get; init; }
    public bool MediaLocationGiven { get; init; }
    public string? MediaLocation { get; init; }
    public bool? NoiseReduction { get; init; }
    /// <summary>All of them.</summary>
    public SourceSettings? Settings { get; init; }
}

/// <summary>What becomes of a source's credentials; null clears where the flag says that it was given.</summary>
public sealed record SecretsChange
{
    /// <summary>In place of a secret: one is made here.</summary>
    public const string Generate = "generate";

    public bool WebhookSecretGiven { get; init; }
    public string? WebhookSecret { get; init; }
    public bool SshPrivateKeyGiven { get; init; }
    public string? SshPrivateKey { get; init; }
    public bool S3AccessKeyGiven { get; init; }
    public string? S3AccessKey { get; init; }
    public bool S3SecretKeyGiven { get; init; }
    public string? S3SecretKey { get; init; }
    /// <summary>By camera; those that are not named stay.</summary>
    public IReadOnlyDictionary<string, string?>? CameraCredentials { get; init; }
}

public abstract record SourceResult
{
    /// <param name="Source">As it is now.</param>
    /// <param name="WebhookSecret">The one that was made here, seen this once.</param>
    public sealed record Done(Source Source, string? WebhookSecret = null) : SourceResult;
    public sealed record Refused(SourceRefusal Why) : SourceResult;
    public sealed record NameTaken : SourceResult;
    public sealed record NotFound : SourceResult;
}

/// <summary>
/// Sets sources up. Each change locks the row, is on record by the names of the fields and never their values, and is told to
/// those who may know of sources; <c>updated_at</c> rises with it, by which running processes notice.
/// </summary>
public sealed class SourceSetup(RecordingDb db, AuditTrail audit, EnvelopeKeys keys)
{
    /// <summary>The event of every change.</summary>
    public const string Changed = "source.changed";

    /// <summary>Of a valid name, a kind that is <see cref="SourceRules.Creatable"/> and a change that <see cref="SourceRules"/> let pass.</summary>
    public async Task<SourceResult> CreateAsync(string name, SourceKind kind, SourceChange change, Caller caller, CancellationToken ct)
    {
        var source = new Source { Id = Guid.CreateVersion7(), Name = name, Kind = kind };
        var fields = Apply(source, change);
        db.Sources.Add(source);
        await TellAsync(AuditAction.SourceCreated, source, caller, new { kind = SnakeCase.Of(kind), changed = fields }, ct);
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "sources" })
        {
            return new SourceResult.NameTaken();
        }
        return new SourceResult.Done(source);
    }

    public async Task<SourceResult> ChangeAsync(Guid id, SourceChange change, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await LockAsync(id, caller, ct) is not { } source)
            return new SourceResult.NotFound();
        if (SourceRules.Check(source.Kind, change) is { } refusal)
            return new SourceResult.Refused(refusal);
        var fields = Apply(source, change);
        // Also when nothing differs: who stores a source anew as it is has looked, and retrieval that had stopped goes on.
        await SaveAsync(AuditAction.SourceChanged, source, changed: true, caller, new { changed = fields }, ct);
        await transaction.CommitAsync(ct);
        return new SourceResult.Done(source);
    }

    /// <summary>A new webhook secret keeps the one before it beside it: the other side is switched over in its own time.</summary>
    /// <exception cref="KeyUnavailableException">The credentials cannot be opened or sealed now.</exception>
    public async Task<SourceResult> ChangeSecretsAsync(Guid id, SecretsChange change, Caller caller, CancellationToken ct)
    {
        // The key service is asked before a transaction waits for its answer.
        if (await db.Sources.AsNoTracking().KnownTo(caller).SingleOrDefaultAsync(s => s.Id == id, ct) is not { } known)
            return new SourceResult.NotFound();
        await known.OpenSecretsAsync(keys, ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await LockAsync(id, caller, ct) is not { } source)
            return new SourceResult.NotFound();
        var before = await source.OpenSecretsAsync(keys, ct);
        var made = change.WebhookSecret == SecretsChange.Generate ? StandardWebhook.NewSecret() : null;
        var (after, refusal) = Merge(before, change, made, SourceSettings.Read(source.Settings));
        if ((refusal ?? SourceRules.Check(after)) is { } refused)
            return new SourceResult.Refused(refused);
        await source.SealSecretsAsync(keys, after, ct);
        await SaveAsync(AuditAction.SourceSecretsChanged, source, changed: true, caller, new { changed = FieldsOf(change) }, ct);
        await transaction.CommitAsync(ct);
        return new SourceResult.Done(source, made);
    }

    /// <summary>Ends the time of two webhook secrets: only the newest is in force. Safe to repeat.</summary>
    /// <exception cref="KeyUnavailableException">The credentials cannot be opened or sealed now.</exception>
    public async Task<SourceResult> ForgetPreviousSecretAsync(Guid id, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await LockAsync(id, caller, ct) is not { } source)
            return new SourceResult.NotFound();
        var secrets = await source.OpenSecretsAsync(keys, ct);
        var two = secrets.WebhookSecrets.Count > 1;
        if (two)
            await source.SealSecretsAsync(keys, secrets with { WebhookSecrets = [secrets.WebhookSecrets[0]] }, ct);
        await SaveAsync(AuditAction.SourceSecretsChanged, source, two, caller, new { forgotten = two ? 1 : 0 }, ct);
        await transaction.CommitAsync(ct);
        return new SourceResult.Done(source);
    }

    static List<string> Apply(Source source, SourceChange change)
    {
        var fields = new List<string>();
        void Set<T>(string field, bool given, T before, T after, Action<T> set)
        {
            if (!given || EqualityComparer<T>.Default.Equals(before, after))
                return;
            set(after);
            fields.Add(field);
        }
        Set("enabled", change.Enabled is not null, source.Enabled, change.Enabled ?? false, v => source.Enabled = v);
        Set("time_zone", change.TimeZone is not null, source.TimeZone, change.TimeZone ?? "", v => source.TimeZone = v);
        Set("public_base_url", change.PublicBaseUrlGiven, source.PublicBaseUrl, change.PublicBaseUrl?.TrimEnd('/'), v => source.PublicBaseUrl = v);
        Set("media_location", change.MediaLocationGiven, source.MediaLocation, change.MediaLocation, v => source.MediaLocation = v);
        Set("noise_reduction", change.NoiseReduction is not null, source.NoiseReduction, change.NoiseReduction ?? false, v => source.NoiseReduction = v);
        var settings = change.Settings is null ? null : change.Settings with { HostKeys = [.. change.Settings.HostKeys.Select(key => SshPublicKey.Normalize(key) ?? key)] };
        Set("settings", settings is not null, SourceSettings.Read(source.Settings).Write(), settings?.Write() ?? "", v => source.Settings = v);
        return fields;
    }

    static (SourceSecrets, SourceRefusal?) Merge(SourceSecrets before, SecretsChange change, string? made, SourceSettings settings)
    {
        var after = before;
        if (change.WebhookSecretGiven)
            after = after with { WebhookSecrets = (made ?? change.WebhookSecret) is { } secret ? [secret, .. before.WebhookSecrets.Where(s => s != secret).Take(1)] : [] };
        if (change is { SshPrivateKeyGiven: true, SshPrivateKey: SecretsChange.Generate })
            after = after with { SshPrivateKey = Sources.SshPrivateKey.Create().Text };
        else if (change is { SshPrivateKeyGiven: true, SshPrivateKey: { } text })
        {
            if (!Sources.SshPrivateKey.TryRead(text, out var key, out var problem))
                return (after, new("ssh_private_key_invalid", problem));
            after = after with { SshPrivateKey = key.Text };
        }
        else if (change.SshPrivateKeyGiven)
            after = after with { SshPrivateKey = null };
        if (change.S3AccessKeyGiven)
            after = after with { S3AccessKey = change.S3AccessKey };
        if (change.S3SecretKeyGiven)
            after = after with { S3SecretKey = change.S3SecretKey };
        if (change.CameraCredentials is { } credentials)
        {
            var cameras = settings.Cameras.Select(c => c.Id).ToHashSet(StringComparer.Ordinal);
            if (credentials.Any(c => c.Value is not null && !cameras.Contains(c.Key)))
                return (after, new("camera_unknown", "camera_credentials name a camera that the source's settings do not have: add it there first."));
            // Those of cameras that are gone go with them.
            var kept = before.CameraCredentials.Where(c => cameras.Contains(c.Key)).ToDictionary(StringComparer.Ordinal);
            foreach (var (camera, credential) in credentials)
            {
                if (credential is null)
                    kept.Remove(camera);
                else
                    kept[camera] = credential;
            }
            after = after with { CameraCredentials = kept };
        }
        return (after, null);
    }

    static List<string> FieldsOf(SecretsChange change) =>
    [
        .. change.WebhookSecretGiven ? ["webhook_secret"] : Array.Empty<string>(),
        .. change.SshPrivateKeyGiven ? ["ssh_private_key"] : Array.Empty<string>(),
        .. change.S3AccessKeyGiven ? ["s3_access_key"] : Array.Empty<string>(),
        .. change.S3SecretKeyGiven ? ["s3_secret_key"] : Array.Empty<string>(),
        .. change.CameraCredentials is null ? Array.Empty<string>() : ["camera_credentials"],
    ];

    async Task<Source?> LockAsync(Guid id, Caller caller, CancellationToken ct) =>
        (await db.Sources.FromSql($"select * from sources where id = {id} for no key update").KnownTo(caller).ToListAsync(ct)).SingleOrDefault();

    async Task SaveAsync(AuditAction action, Source source, bool changed, Caller caller, object facts, CancellationToken ct)
    {
        if (changed)
        {
            // Rises also when the database's clock was set back: it is what processes compare.
            var now = await db.NowAsync(ct);
            source.UpdatedAt = now > source.UpdatedAt ? now : source.UpdatedAt.AddMicroseconds(1);
            await TellAsync(action, source, caller, facts, ct);
        }
        else
        {
            await audit.RecordAsync(action, caller, ct, new AuditTarget("source", source.Id), facts);
        }
        await db.SaveChangesAsync(ct);
    }

    async Task TellAsync(AuditAction action, Source source, Caller caller, object facts, CancellationToken ct)
    {
        await audit.RecordAsync(action, caller, ct, new AuditTarget("source", source.Id), facts);
        db.Events.Add(new EventRow { Kind = Changed, Data = JsonSerializer.Serialize(new { source_id = source.Id }) });
    }
}
