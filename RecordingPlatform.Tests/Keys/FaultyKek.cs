using Azure;
using Azure.Core.Cryptography;

namespace RecordingPlatform.Tests.Keys;

public enum KekFault { None, Throttled, ServerError, Unavailable, NoConnection, Hangs, Retried, Unauthorized, Forbidden, NotFound }

/// <summary>A KEK that fails as a vault does, on demand; without a fault it is the KEK behind it.</summary>
internal sealed class FaultyKek(IKeyEncryptionKeyResolver behind) : IKeyEncryptionKeyResolver
{
    int _calls;

    public KekFault Fault { get; set; }

    /// <summary>Only this version fails; null: all.</summary>
    public string? FaultyVersion { get; set; }

    /// <summary>Unwraps that reached it.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Until then it answers nobody; the fault comes after it.</summary>
    public Task Slow { get; set; } = Task.CompletedTask;

    /// <summary>Fails with 503 after so many unwraps.</summary>
    public int? FailsAfter { get; set; }

    public IKeyEncryptionKey Resolve(string keyId, CancellationToken cancellationToken = default) => new Key(this, behind.Resolve(keyId, cancellationToken));

    public async Task<IKeyEncryptionKey> ResolveAsync(string keyId, CancellationToken cancellationToken = default) =>
        new Key(this, await behind.ResolveAsync(keyId, cancellationToken));

    async Task FailAsync(string keyId)
    {
        if (Interlocked.Increment(ref _calls) > FailsAfter)
            throw new RequestFailedException(503, "Service unavailable");
        await Slow;
        if (FaultyVersion is not null && FaultyVersion != keyId)
            return;
        switch (Fault)
        {
            case KekFault.None:
                return;
            case KekFault.Hangs:
                // Deaf to its token, as a client in a system call is.
                await Task.Delay(Timeout.Infinite, CancellationToken.None);
                return;
            case KekFault.Retried:
                throw new AggregateException("Retry failed after 4 tries.", new RequestFailedException(429, "Too many requests"), new TaskCanceledException());
            default:
                throw new RequestFailedException(StatusOf(Fault), Fault.ToString());
        }
    }

    static int StatusOf(KekFault fault) => fault switch
    {
        KekFault.Throttled => 429,
        KekFault.ServerError => 500,
        KekFault.Unavailable => 503,
        KekFault.NoConnection => 0,
        KekFault.Unauthorized => 401,
        KekFault.Forbidden => 403,
        KekFault.NotFound => 404,
        _ => throw new InvalidOperationException($"{fault} has no status."),
    };

    sealed class Key(FaultyKek kek, IKeyEncryptionKey behind) : IKeyEncryptionKey
    {
        public string KeyId => behind.KeyId;

        public byte[] WrapKey(string algorithm, ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
            behind.WrapKey(algorithm, key, cancellationToken);

        public Task<byte[]> WrapKeyAsync(string algorithm, ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
            behind.WrapKeyAsync(algorithm, key, cancellationToken);

        public byte[] UnwrapKey(string algorithm, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellationToken = default) =>
            UnwrapKeyAsync(algorithm, encryptedKey, cancellationToken).GetAwaiter().GetResult();

        public async Task<byte[]> UnwrapKeyAsync(string algorithm, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellationToken = default)
        {
            await kek.FailAsync(KeyId);
            return await behind.UnwrapKeyAsync(algorithm, encryptedKey, cancellationToken);
        }
    }
}
