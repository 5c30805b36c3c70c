using System.Security.Cryptography;
using System.Text.Json;
using RecordingPlatform.Core.Sealing;

namespace RecordingPlatform.Tests.Sealing;

/// <summary>The frozen containers of Vectors/container: what they hold can be read, and is written again, for ever.</summary>
public sealed class SealedObjectVectorTests
{
    static readonly IReadOnlyList<Vector> Vectors = JsonSerializer.Deserialize<Vector[]>(
        File.ReadAllText(SealingSamples.VectorPath("container", "sealed-objects.json")), JsonSerializerOptions.Web)!;

    public static TheoryData<long> Lengths => [.. Vectors.Select(v => v.PlaintextLength)];

    [Theory, MemberData(nameof(Lengths))]
    public async Task A_frozen_object_is_written_again_byte_for_byte(long length)
    {
        var vector = Vectors.Single(v => v.PlaintextLength == length);
        using var destination = new MemoryStream();
        await using var writer = SealedObjectWriter.Create(
            destination, vector.Identity, Convert.FromHexString(vector.Dek), SealingSamples.Nonces(vector.NonceSeed));
        await writer.WriteAsync(SealingSamples.Plaintext((int)length), TestContext.Current.CancellationToken);
        var facts = await writer.CompleteAsync(TestContext.Current.CancellationToken);
        var written = destination.ToArray();

        Assert.Equal(vector.Header, Hex(written[..SealedLayout.HeaderLength]));
        if (vector.Segments is not null)
            Assert.Equal(vector.Segments, Hex(written[SealedLayout.HeaderLength..]));
        Assert.Equal(vector.SealedSha256, Hex(SHA256.HashData(written)));

        Assert.Equal(vector.PlaintextLength, facts.PlaintextLength);
        Assert.Equal(vector.SealedLength, facts.SealedLength);
        Assert.Equal(vector.SealedLength, SealedLayout.SealedLength(length));
        Assert.Equal(SealedLayout.Segments(length), facts.Segments);
        Assert.Equal(vector.PlaintextSha256, Hex(facts.Sha256));
        Assert.Equal(vector.KeyCheck, facts.KeyCheck);
    }

    [Fact]
    public async Task A_frozen_object_that_is_kept_whole_opens()
    {
        foreach (var vector in Vectors.Where(v => v.Segments is not null))
        {
            var stored = new StoredObject(Convert.FromHexString(vector.Header + vector.Segments));
            using var reader = await SealedObjectReader.OpenAsync(
                stored.GetAsync, vector.Identity, Convert.FromHexString(vector.Dek), vector.PlaintextLength, TestContext.Current.CancellationToken);
            using var plaintext = new MemoryStream();
            await reader.CopyRangeAsync(0, vector.PlaintextLength, plaintext, TestContext.Current.CancellationToken);
            Assert.Equal(vector.PlaintextSha256, Hex(SHA256.HashData(plaintext.ToArray())));
        }
    }

    static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    sealed record Vector
    {
        public required long PlaintextLength { get; init; }
        public required string Dek { get; init; }
        public required Guid DekId { get; init; }
        public required Guid OwnerId { get; init; }
        public required Guid ObjectId { get; init; }
        public required string NonceSeed { get; init; }
        public required string PlaintextSha256 { get; init; }
        public required long KeyCheck { get; init; }
        public required long SealedLength { get; init; }
        public required string SealedSha256 { get; init; }
        public required string Header { get; init; }
        public string? Segments { get; init; }

        public SealedObjectIdentity Identity => new(DekId, OwnerId, ObjectId) { KeyCheck = KeyCheck };
    }
}
