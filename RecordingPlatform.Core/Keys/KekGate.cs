using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Azure.Core.Cryptography;
using Microsoft.Extensions.Logging;

namespace RecordingPlatform.Core.Keys;

/// <summary>
/// The one way to the KEK: bounds each call, tells outage from denial, and leaves a KEK that failed alone for a while. <paramref name="denied"/> is called with
/// the version at each denial, before the caller learns of it.
/// </summary>
internal sealed partial class KekGate(IKeyEncryptionKeyResolver resolver, TimeProvider clock, ILogger logger, Action<string> denied)
{
    /// <summary>A vault answers in tens of milliseconds; this leaves room for one retry of its client.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    static readonly Meter Meter = new("RecordingPlatform.Keys");
    static readonly Counter<long> Calls = Meter.CreateCounter<long>("recording.keys.kek_calls", "{call}", "Calls of the key-encryption key by outcome.");

    readonly Lock _lock = new();
    readonly Dictionary<string, KekStanding> _standings = new(StringComparer.Ordinal);

    public KekStanding StandingOf(string versionId)
    {
        lock (_lock)
            return _standings.GetValueOrDefault(versionId) ?? KekStanding.Unknown(clock);
    }

    /// <summary>The key wrapped in <paramref name="wrapped"/>, on the pinned heap; the caller clears it.</summary>
    /// <exception cref="KeyUnavailableException">Outage or denial, also when the last one was too short ago to ask again.</exception>
    /// <exception cref="KeyTamperedException">The KEK answered, but this is not its wrap of this row.</exception>
    public async Task<byte[]> UnwrapAsync(string versionId, WrapPlace place, byte[] wrapped, CancellationToken ct)
    {
        ThrowInPause(versionId);
        var (payload, refused) = await AskAsync(versionId, wrapped, ct);
        Answered(versionId);
        if (payload is null)
            throw new KeyTamperedException(place.Table, place.Id, "the KEK cannot unwrap it", refused);
        try
        {
            return SecretBytes.Copy(KekPayload.Unpack(place, payload));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(payload);
        }
    }

    /// <summary>Assures that a wrap just made opens, through the KEK, to the key it was made of.</summary>
    /// <exception cref="KeyTamperedException">It opens to something else.</exception>
    public async Task ReadBackAsync(KekWrapped made, byte[] key, CancellationToken ct)
    {
        var back = await UnwrapAsync(made.KekVersionId, made.Place, made.Wrapped, ct);
        var same = CryptographicOperations.FixedTimeEquals(key, back);
        CryptographicOperations.ZeroMemory(back);
        if (!same)
            throw new KeyTamperedException(made.Place.Table, made.Id, $"KEK version {made.KekVersionId} reads back another key than it was given");
    }

    /// <summary>Asks now: wraps random bytes with the stored public key and lets the KEK unwrap them.</summary>
    /// <exception cref="KeyUnavailableException">Outage or denial; also denied when what comes back is not what was wrapped.</exception>
    public async Task ProbeAsync(KekVersionKey version, CancellationToken ct)
    {
        var sent = RandomNumberGenerator.GetBytes(KeyWrap.KeyLength);
        var (back, refused) = await AskAsync(version.Id, KekPayload.Wrap(version.PublicKey, sent), ct);
        if (!CryptographicOperations.FixedTimeEquals(sent, back))
            throw Failed(version.Id, new KekFailure(KekFailureKind.Denied, "the stored public key is not this version's"), refused);
        Answered(version.Id);
    }

    /// <exception cref="KeyUnavailableException">The version failed a short while ago and is not asked again yet.</exception>
    public void ThrowInPause(string versionId)
    {
        var standing = StandingOf(versionId);
        if (standing.PauseLeft(clock) is { Ticks: > 0 } left)
            throw standing.Refusal(versionId, left, null);
    }

    // Plain is null when the KEK answered that this wrap is not its own.
    async Task<(byte[]? Plain, Exception? Refused)> AskAsync(string versionId, byte[] wrapped, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(Patience, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        var call = CallAsync(versionId, wrapped, both.Token);
        try
        {
            // Waits no longer than allowed, even for a client that ignores its token.
            return (await call.WaitAsync(both.Token), null);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            Abandon(call);
            throw;
        }
        catch (Exception e) when (KekFailure.Of(e) is { } failure)
        {
            Abandon(call);
            return failure.Kind is KekFailureKind.Tampered ? (null, e) : throw Failed(versionId, failure, e);
        }
    }

    async Task<byte[]> CallAsync(string versionId, byte[] wrapped, CancellationToken ct)
    {
        var key = await resolver.ResolveAsync(versionId, ct);
        return await key.UnwrapKeyAsync(KekPayload.Algorithm, wrapped, ct);
    }

    // A late answer is a key that nobody takes.
    static void Abandon(Task<byte[]> call) => _ = call.ContinueWith(
        late =>
        {
            if (late.IsCompletedSuccessfully)
                CryptographicOperations.ZeroMemory(late.Result);
            else
                _ = late.Exception;
        },
        CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    void Answered(string versionId)
    {
        Calls.Add(1, new KeyValuePair<string, object?>("outcome", "answered"));
        var (before, _) = Change(versionId, standing => standing.Answered(clock));
        if (before.Condition is KekCondition.Outage or KekCondition.Denied)
            Log.AnswersAgain(logger, versionId);
    }

    KeyUnavailableException Failed(string versionId, KekFailure failure, Exception? inner)
    {
        var isDenial = failure.Kind is KekFailureKind.Denied;
        Calls.Add(1, new KeyValuePair<string, object?>("outcome", isDenial ? "denied" : "outage"));
        var (before, after) = Change(versionId, standing => standing.Failed(failure, clock));
        if (isDenial)
            denied(versionId);
        if (before.Condition != after.Condition && after.Condition is KekCondition.Denied)
            Log.Denied(logger, versionId, failure.Why);
        else if (before.Condition != after.Condition)
            Log.Away(logger, versionId, failure.Why);
        return after.Refusal(versionId, after.PauseLeft(clock), inner);
    }

    (KekStanding Before, KekStanding After) Change(string versionId, Func<KekStanding, KekStanding> change)
    {
        lock (_lock)
        {
            var before = _standings.GetValueOrDefault(versionId) ?? KekStanding.Unknown(clock);
            return (before, _standings[versionId] = change(before));
        }
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "KEK version {Version} does not answer: {Why}. Keys in memory stay usable for up to 24 hours; new recordings are taken.")]
        public static partial void Away(ILogger logger, string version, string why);

        [LoggerMessage(2, LogLevel.Error, "KEK version {Version} is denied: {Why}. What it had unwrapped is dropped.")]
        public static partial void Denied(ILogger logger, string version, string why);

        [LoggerMessage(3, LogLevel.Information, "KEK version {Version} answers again.")]
        public static partial void AnswersAgain(ILogger logger, string version);
    }
}
