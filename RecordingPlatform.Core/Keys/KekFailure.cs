using System.Net.Sockets;
using System.Security.Cryptography;
using Azure;

namespace RecordingPlatform.Core.Keys;

internal enum KekFailureKind { Outage, Denied, Tampered }

/// <summary>What an exception of an <see cref="Azure.Core.Cryptography.IKeyEncryptionKey"/> means (FORMAT.md, "What the KEK answers").</summary>
internal sealed record KekFailure(KekFailureKind Kind, string Why, TimeSpan? RetryAfter = null)
{
    /// <summary>Null: it says nothing about the KEK and is not to be caught.</summary>
    public static KekFailure? Of(Exception exception) => exception switch
    {
        KekOutageException e => new(KekFailureKind.Outage, e.Why, e.RetryAfter),
        KekDeniedException e => new(KekFailureKind.Denied, e.Why),
        RequestFailedException { Status: 0 } => new(KekFailureKind.Outage, "no connection"),
        RequestFailedException { Status: 408 or 429 or >= 500 } e => new(KekFailureKind.Outage, $"status {e.Status}", RetryAfterOf(e)),
        RequestFailedException { Status: 401 or 403 or 404 } e => new(KekFailureKind.Denied, $"status {e.Status} {e.ErrorCode}".TrimEnd()),
        RequestFailedException { Status: 400 } => new(KekFailureKind.Tampered, "the KEK refuses it"),
        CryptographicException => new(KekFailureKind.Tampered, "the KEK cannot unwrap it"),
        OperationCanceledException or TimeoutException => new(KekFailureKind.Outage, "no answer in time"),
        HttpRequestException or SocketException or IOException => new(KekFailureKind.Outage, "no connection"),
        // Azure's retries end in a collection of what each attempt said; the last word counts.
        AggregateException { InnerExceptions: [.., var last] } => Of(last),
        _ => null,
    };

    static TimeSpan? RetryAfterOf(RequestFailedException e) =>
        e.GetRawResponse()?.Headers.TryGetValue("Retry-After", out var value) is true && int.TryParse(value, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
