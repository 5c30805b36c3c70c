using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Core.Access;

/// <summary>An answer as it was given the first time.</summary>
public sealed record StoredAnswer(int StatusCode, string? ContentType, string? Location, byte[] Body);

/// <summary>
/// The rows of IDEMPOTENCY.md. Every step is one guarded statement of its own; only the mark that a change is committed is
/// left to the change's transaction, through <see cref="IdempotencyKey.Attempt"/> as a concurrency token.
/// </summary>
public sealed partial class IdempotencyStore(IDbContextFactory<RecordingDb> contexts, EnvelopeKeys keys, ILogger<IdempotencyStore> logger)
{
    const string Table = "idempotency_keys";

    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    // A statement or two: what is worth finishing although the client went away.
    static readonly CancellationToken ToTheEnd = CancellationToken.None;

    /// <summary>Takes the key for an attempt; false when another one has it or had it. Takes over where an attempt died before it changed anything.</summary>
    /// <exception cref="KeyUnavailableException">The answer could not be sealed: refused before anything is done.</exception>
    public async Task<bool> ReserveAsync(IdempotencyKey row, TimeSpan lease, CancellationToken ct)
    {
        await keys.SealAsync(Table, row.Id, ReadOnlyMemory<byte>.Empty, ct);
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await db.Database.ExecuteSqlAsync($"""
            insert into idempotency_keys as known (caller_id, route, key, id, request_hash, attempt, lease_until, expires_at)
            values ({row.CallerId}, {row.Route}, {row.Key}, {row.Id}, {row.RequestHash}, {row.Attempt}, app_now() + {lease}, app_now() + {Lifetime})
            on conflict (caller_id, route, key) do update set id = excluded.id, request_hash = excluded.request_hash, attempt = excluded.attempt,
                lease_until = excluded.lease_until, created_at = app_now(), expires_at = excluded.expires_at, written_at = null, status_code = null,
                content_type = null, location = null, body = null, master_key_id = null
            where known.expires_at <= app_now()
               or (known.status_code is null and known.written_at is null and known.lease_until <= app_now() and known.request_hash = excluded.request_hash)
            """, ct) == 1;
    }

    /// <summary>The row as it stands and how long its lease still runs; null when it went away meanwhile.</summary>
    public async Task<(IdempotencyKey Row, TimeSpan LeaseLeft)?> FindAsync(IdempotencyKey row, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var found = await db.IdempotencyKeys.AsNoTracking().Where(k => k.CallerId == row.CallerId && k.Route == row.Route && k.Key == row.Key)
            .Select(k => new { Row = k, Now = RecordingDb.Now() }).SingleOrDefaultAsync(ct);
        return found is null ? null : (found.Row, found.Row.LeaseUntil - found.Now);
    }

    /// <exception cref="KeyUnavailableException">The answer is sealed and its key cannot be had now.</exception>
    public async Task<StoredAnswer> OpenAsync(IdempotencyKey row, CancellationToken ct) => new(row.StatusCode!.Value, row.ContentType, row.Location,
        row.Body is { } body ? await keys.UnsealAsync(Table, row.Id, row.MasterKeyId!.Value, body, ct) : []);

    /// <summary>Extends the lease until cancelled. A round that fails is made up by the next one; an attempt that was overtaken cannot commit.</summary>
    public async Task KeepAsync(Guid attempt, TimeSpan lease, TimeProvider clock, CancellationToken until)
    {
        using var round = new PeriodicTimer(lease / 4, clock);
        try
        {
            while (await round.WaitForNextTickAsync(until))
            {
                try
                {
                    await using var db = await contexts.CreateDbContextAsync(until);
                    await db.Database.ExecuteSqlAsync($"update idempotency_keys set lease_until = app_now() + {lease} where attempt = {attempt} and status_code is null", until);
                }
                catch (NpgsqlException e)
                {
                    Log.NotExtended(logger, e);
                }
            }
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            // The attempt ended.
        }
    }

    /// <summary>Keeps the answer. The write is done by now: when the answer cannot be kept, it is still given.</summary>
    public async Task StoreAsync(IdempotencyKey row, StoredAnswer answer)
    {
        try
        {
            var body = answer.Body.Length == 0 ? null : await keys.SealAsync(Table, row.Id, answer.Body, ToTheEnd);
            await using var db = await contexts.CreateDbContextAsync(ToTheEnd);
            await db.Database.ExecuteSqlAsync($"""
                update idempotency_keys set request_hash = {row.RequestHash}, status_code = {answer.StatusCode}, content_type = {answer.ContentType},
                    location = {answer.Location}, body = {body?.Bytes}, master_key_id = {body?.MasterKeyId}
                where attempt = {row.Attempt}
                """, ToTheEnd);
        }
        catch (Exception e) when (e is NpgsqlException or KeyUnavailableException)
        {
            Log.NotKept(logger, row.Route, e);
        }
    }

    /// <summary>Lets the key go: a retry starts anew, unless the change was committed after all.</summary>
    public async Task ReleaseAsync(Guid attempt)
    {
        try
        {
            await using var db = await contexts.CreateDbContextAsync(ToTheEnd);
            await db.Database.ExecuteSqlAsync($"delete from idempotency_keys where attempt = {attempt} and written_at is null", ToTheEnd);
            await db.Database.ExecuteSqlAsync($"update idempotency_keys set lease_until = app_now() where attempt = {attempt}", ToTheEnd);
        }
        catch (NpgsqlException e)
        {
            // Its lease runs out by itself.
            Log.NotReleased(logger, e);
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The lease of an idempotent write was not extended this time")]
        public static partial void NotExtended(ILogger logger, Exception e);

        [LoggerMessage(LogLevel.Warning, "The answer of a write to {Route} could not be kept: a retry will be told that it was done")]
        public static partial void NotKept(ILogger logger, string route, Exception e);

        [LoggerMessage(LogLevel.Warning, "An idempotency key was not released: a retry works once its lease has run out")]
        public static partial void NotReleased(ILogger logger, Exception e);
    }
}
