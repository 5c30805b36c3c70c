using System.Security.Cryptography;
using System.Text;
using RecordingPlatform.Core.Sealing;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Sealing;

/// <summary>A stored object in memory that remembers every ranged get.</summary>
internal sealed class StoredObject(byte[] bytes)
{
    public List<(long Offset, long Length)> Gets { get; } = [];

    public long BytesRead { get; private set; }

    /// <summary>Bytes handed out by the next gets before they fail; null = all.</summary>
    public int? FailsAfter { get; init; }

    /// <summary>As stores do, clips at the object's end and answers a range behind it with nothing.</summary>
    public Task<Stream> GetAsync(long offset, long length, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        Gets.Add((offset, length));
        var from = (int)Math.Min(offset, bytes.Length);
        var count = (int)Math.Min(length, bytes.Length - from);
        return Task.FromResult<Stream>(new Trickle(new MemoryStream(bytes, from, count, writable: false), this));
    }

    /// <summary>Never fills a large buffer at once, as a socket would not.</summary>
    sealed class Trickle(MemoryStream inner, StoredObject stored) : ReadOnlyStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (inner.Position >= stored.FailsAfter)
                return ValueTask.FromException<int>(new IOException("The store went away."));
            var read = inner.Read(buffer.Span[..Math.Min(buffer.Length, 50_000)]);
            stored.BytesRead += read;
            return ValueTask.FromResult(read);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

internal static class SealingSamples
{
    public const int Segment = SealedLayout.SegmentPlaintext;

    public static string VectorPath(params string[] path) =>
        Path.Combine([AppContext.BaseDirectory, "Sealing", "Vectors", .. path]);

    public static async Task AssertCopiesAsync(SealedObjectReader reader, Sample sample, int offset, int length)
    {
        using var destination = new MemoryStream();
        await reader.CopyRangeAsync(offset, length, destination, TestContext.Current.CancellationToken);
        Assert.True(sample.Plaintext.AsSpan(offset, length).SequenceEqual(destination.ToArray()), $"[{offset}, +{length})");
    }

    /// <summary>The plaintext rule of the container vectors.</summary>
    public static byte[] Plaintext(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
            bytes[i] = (byte)(i ^ (i >> 8) ^ (i >> 16));
        return bytes;
    }

    /// <summary>The nonce rule of the container vectors: consecutive bytes of SHA-256(seed ‖ counter).</summary>
    public static SealedObjectWriter.NonceSource Nonces(string seed)
    {
        var counter = 0;
        var pool = new Queue<byte>();
        return nonce =>
        {
            foreach (ref var b in nonce)
            {
                if (pool.Count == 0)
                {
                    byte[] input = [.. Encoding.ASCII.GetBytes(seed), 0, 0, 0, 0, 0, 0, (byte)(counter >> 8), (byte)counter];
                    counter++;
                    foreach (var hashed in SHA256.HashData(input))
                        pool.Enqueue(hashed);
                }

                b = pool.Dequeue();
            }
        };
    }

    public static SealedObjectIdentity NewIdentity() =>
        new(Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());

    public static async Task<(byte[] Sealed, SealedObjectFacts Facts)> SealAsync(
        ReadOnlyMemory<byte> plaintext, SealedObjectIdentity identity, byte[] dek)
    {
        using var destination = new MemoryStream();
        await using var writer = SealedObjectWriter.Create(destination, identity, dek);
        await writer.WriteAsync(plaintext, CancellationToken.None);
        var facts = await writer.CompleteAsync(CancellationToken.None);
        return (destination.ToArray(), facts);
    }
}

/// <summary>One sealed object with everything needed to open it, and what its row says.</summary>
internal sealed record Sample(byte[] Plaintext, byte[] Sealed, SealedObjectIdentity Identity, byte[] Dek)
{
    public static async Task<Sample> CreateAsync(int length)
    {
        var identity = SealingSamples.NewIdentity();
        var dek = RandomNumberGenerator.GetBytes(32);
        var plaintext = SealingSamples.Plaintext(length);
        var (@sealed, facts) = await SealingSamples.SealAsync(plaintext, identity, dek);
        return new(plaintext, @sealed, identity with { KeyCheck = facts.KeyCheck }, dek);
    }

    public StoredObject Stored() => new(Sealed);

    public Task<SealedObjectReader> OpenAsync(StoredObject stored) =>
        SealedObjectReader.OpenAsync(stored.GetAsync, Identity, Dek, Plaintext.Length, CancellationToken.None);
}
