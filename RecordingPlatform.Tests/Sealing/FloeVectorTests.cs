using System.Buffers.Binary;
using System.Security.Cryptography;
using RecordingPlatform.Core.Sealing;

namespace RecordingPlatform.Tests.Sealing;

/// <summary>FLOE's known answers, from five implementations.</summary>
public sealed class FloeVectorTests
{
    static readonly byte[] Key = new byte[32];
    static readonly byte[] Aad = "This is AAD"u8.ToArray();

    public static TheoryData<string> Names =>
    [
        .. Directory.EnumerateFiles(SealingSamples.VectorPath("floe"), "*_ct.txt")
            .Select(path => Path.GetFileName(path)[..^"_ct.txt".Length])
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void All_seventeen_vectors_are_here() => Assert.Equal(17, Names.Count);

    [Theory, MemberData(nameof(Names))]
    public void A_vector_opens_from_its_beginning_to_its_end(string name)
    {
        var vector = Vector.Load(name);
        using var cipher = vector.Open();
        Assert.Equal(vector.Plaintext, vector.Positions().SelectMany(position => vector.OpenSegment(cipher, position)));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_vector_opens_segment_by_segment_in_any_order(string name)
    {
        var vector = Vector.Load(name);
        using var cipher = vector.Open();
        var perSegment = vector.Parameters.SegmentPlaintext;
        foreach (var position in vector.Positions().OrderBy(p => p * 7919 % vector.Segments.Count).Reverse())
        {
            var expected = vector.Plaintext.Skip(position * perSegment).Take(perSegment);
            Assert.Equal(expected, vector.OpenSegment(cipher, position));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void A_vector_is_made_again_from_its_plaintext_and_its_nonces(string name)
    {
        var vector = Vector.Load(name);
        var header = new byte[FloeParameters.HeaderLength];
        using var cipher = new FloeSegmentCipher(FloeMessageKey.Begin(vector.Parameters, Key, Aad, vector.Header.AsSpan(10, 32), header));
        Assert.Equal(Convert.ToHexString(vector.Header), Convert.ToHexString(header));

        var perSegment = vector.Parameters.SegmentPlaintext;
        foreach (var position in vector.Positions())
        {
            var plaintext = vector.Plaintext.Skip(position * perSegment).Take(perSegment).ToArray();
            var made = new byte[plaintext.Length + FloeParameters.SegmentOverhead];
            cipher.Seal(position, vector.IsLast(position), vector.Segments[position].AsSpan(4, 12), plaintext, made);
            Assert.Equal(Convert.ToHexString(vector.Segments[position]), Convert.ToHexString(made));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void A_segment_opens_only_at_its_own_place(string name)
    {
        var vector = Vector.Load(name);
        using var cipher = vector.Open();
        foreach (var position in vector.Positions())
        {
            var segment = vector.Segments[position];
            var plaintext = new byte[segment.Length - FloeParameters.SegmentOverhead];
            Assert.False(cipher.TryOpen(position + 1, vector.IsLast(position), segment, plaintext));
            Assert.False(cipher.TryOpen(position, !vector.IsLast(position), segment, plaintext));
            Assert.All(plaintext, b => Assert.Equal(0, b));
        }
    }

    [Fact]
    public void A_header_opens_with_no_other_key_and_no_other_associated_data()
    {
        var vector = Vector.Load("go_rotation");
        byte[] otherKey = [1, .. Key[1..]];
        Assert.Null(FloeMessageKey.Open(vector.Parameters, otherKey, Aad, vector.Header));
        Assert.Null(FloeMessageKey.Open(vector.Parameters, Key, "This is AAE"u8, vector.Header));
    }

    [Fact]
    public void A_sealed_object_takes_a_new_key_every_2_to_the_20_segments()
    {
        Assert.Equal(0, SealedLayout.Floe.KeyWindow(1_048_575));
        Assert.Equal(1_048_576, SealedLayout.Floe.KeyWindow(1_048_576));

        Span<byte> header = stackalloc byte[FloeParameters.HeaderLength];
        var key = FloeMessageKey.Begin(SealedLayout.Floe, Key, Aad, RandomNumberGenerator.GetBytes(32), header);
        using var cipher = new FloeSegmentCipher(key);
        using var first = key.CreateCipher(0);
        using var second = key.CreateCipher(1_048_576);
        Assert.True(SealedUnder(first, 1_048_575));
        Assert.False(SealedUnder(first, 1_048_576));
        Assert.True(SealedUnder(second, 1_048_576));

        bool SealedUnder(AesGcm aes, long position)
        {
            var segment = new byte[FloeParameters.SegmentOverhead + 3];
            cipher.Seal(position, last: true, new byte[12], "abc"u8, segment);
            Span<byte> aad = stackalloc byte[9];
            BinaryPrimitives.WriteInt64BigEndian(aad, position);
            aad[8] = 1;
            try
            {
                aes.Decrypt(segment.AsSpan(4, 12), segment.AsSpan(16, 3), segment.AsSpan(19), new byte[3], aad);
                return true;
            }
            catch (AuthenticationTagMismatchException)
            {
                return false;
            }
        }
    }

    sealed record Vector(FloeParameters Parameters, byte[] Header, IReadOnlyList<byte[]> Segments, byte[] Plaintext)
    {
        public static Vector Load(string name)
        {
            var parameters = name switch
            {
                _ when name.EndsWith("_64", StringComparison.Ordinal) => new FloeParameters(64),
                _ when name.EndsWith("_4K", StringComparison.Ordinal) => new FloeParameters(4096),
                _ when name.EndsWith("_rotation", StringComparison.Ordinal) => new FloeParameters(40, KeyRotationBits: 2),
                _ when name.Contains("_lastSeg", StringComparison.Ordinal) => new FloeParameters(40),
                _ => throw new InvalidDataException($"The README names no parameters for {name}."),
            };
            var sealedBytes = Read(name + "_ct.txt");
            return new(
                parameters,
                sealedBytes[..FloeParameters.HeaderLength],
                [.. sealedBytes[FloeParameters.HeaderLength..].Chunk(parameters.SegmentLength)],
                Read(name + "_pt.txt"));
        }

        public IEnumerable<int> Positions() => Enumerable.Range(0, Segments.Count);

        public bool IsLast(int position) => position == Segments.Count - 1;

        public FloeSegmentCipher Open() => new(
            FloeMessageKey.Open(Parameters, Key, Aad, Header) ?? throw new InvalidDataException("The header's tag fails."));

        public byte[] OpenSegment(FloeSegmentCipher cipher, int position)
        {
            var plaintext = new byte[Segments[position].Length - FloeParameters.SegmentOverhead];
            Assert.True(cipher.TryOpen(position, IsLast(position), Segments[position], plaintext), $"Segment {position} does not open.");
            return plaintext;
        }

        static byte[] Read(string file) => Convert.FromHexString(File.ReadAllText(SealingSamples.VectorPath("floe", file)).Trim());
    }
}
