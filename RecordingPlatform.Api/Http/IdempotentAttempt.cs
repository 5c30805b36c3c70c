using RecordingPlatform.Core.Access;

namespace RecordingPlatform.Api.Http;

/// <summary>A write under an Idempotency-Key, as far as a use case with a streamed body takes part in it.</summary>
internal sealed class IdempotentAttempt(IdempotencyKey row)
{
    /// <summary>Whether the request was read to its end: only then its answer is worth keeping.</summary>
    public bool ReadWhole { get; private set; }

    /// <summary>What arrived, and where the outcome will be found. To be said before the change is saved.</summary>
    public void Received(byte[] fingerprint, string location)
    {
        row.RequestHash = fingerprint;
        row.Location = location;
        ReadWhole = true;
    }
}

/// <summary>A body too large to be held in memory.</summary>
/// <param name="FingerprintAsync">Reads the body to its end and says what it holds; null when it is malformed.</param>
/// <param name="RepeatAsync">The answer once more, from where the outcome lies.</param>
/// <param name="CallerAsync">Who sends it, also where a ticket in the address says so; a ticket is used up by asking. Null when nobody is known.</param>
internal sealed record StreamedBody(Func<HttpContext, CancellationToken, Task<byte[]?>> FingerprintAsync, Func<HttpContext, string, CancellationToken, Task<IResult>> RepeatAsync,
    Func<HttpContext, CancellationToken, Task<Caller?>> CallerAsync);
