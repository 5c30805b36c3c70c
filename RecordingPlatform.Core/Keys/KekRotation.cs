using System.Security.Cryptography;
using Azure.Core.Cryptography;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace RecordingPlatform.Core.Keys;

/// <param name="Rewrapped">Master and service keys that this run moved.</param>
/// <param name="Retired">Versions that no key is wrapped by any more.</param>
public sealed record KekRotated(int Rewrapped, IReadOnlyList<string> Retired);

/// <summary>
/// Moves every master and service key under a new KEK version: unwrap, wrap, read back through the new version, one guarded update. Safe to stop at any row and
/// to run again, and to run beside replicas that make new keys. Owner keys, data keys and media are not touched.
/// </summary>
public sealed partial class KekRotation(NpgsqlDataSource source, IKeyEncryptionKeyResolver kek, TimeProvider clock, ILogger<KekRotation> logger)
{
    readonly KekGate _gate = new(kek, clock, logger, static _ => { });
    readonly KeyTables _tables = new(source);

    /// <param name="next">The version to move to; it becomes the one in force. The same again after an interruption.</param>
    /// <param name="ct">Stops between rows.</param>
    /// <exception cref="KeyUnavailableException">The old or the new version cannot be used now: run again later.</exception>
    /// <exception cref="KeyTamperedException">A row's wrap does not open, or the new one does not read back; that row is unchanged.</exception>
    public async Task<KekRotated> RunAsync(KekVersionKey next, CancellationToken ct)
    {
        // Two rotations to different versions would take each other's rows for ever.
        await using var oneAtATime = await _tables.LockSetupAsync(ct);
        // What is about to be in force must be able to open what it wraps.
        await _gate.ProbeAsync(next, ct);
        await _tables.RecordVersionAsync(next, ct);
        if (await _tables.CurrentVersionAsync(ct) is var current && current.Id != next.Id)
            throw new InvalidOperationException($"KEK version {next.Id} is older than {current.Id}, which is in force.");
        var rewrapped = 0;
        List<string> retired = [];
        // A replica that read the old version just before may still add a key under it: then that version stays for another round.
        while (await _tables.NotWrappedByAsync(next.Id, ct) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
            {
                if (await RewrapAsync(row, next, ct))
                    rewrapped++;
            }
            retired.AddRange(await _tables.RetireUnusedVersionsAsync(next.Id, ct));
        }
        retired.AddRange(await _tables.RetireUnusedVersionsAsync(next.Id, ct));
        Log.Rotated(logger, next.Id, rewrapped, retired.Count);
        return new KekRotated(rewrapped, retired);
    }

    async Task<bool> RewrapAsync(KekWrapped row, KekVersionKey next, CancellationToken ct)
    {
        var key = await _gate.UnwrapAsync(row.KekVersionId, row.Place, row.Wrapped, ct);
        try
        {
            var moved = new FreshKey(row.Place, key, row.PublicKey).Wrap(next);
            await _gate.ReadBackAsync(moved, key, ct);
            return await _tables.ReplaceWrapAsync(row, moved, ct);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    static partial class Log
    {
        [LoggerMessage(50, LogLevel.Information, "KEK version {Version} is in force: {Rewrapped} keys moved under it, {Retired} older versions retired.")]
        public static partial void Rotated(ILogger logger, string version, int rewrapped, int retired);
    }
}
