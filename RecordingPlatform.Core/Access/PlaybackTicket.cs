using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace RecordingPlatform.Core.Access;

/// <summary>The signed text of a playback ticket: TICKETS.md, version 1.</summary>
public readonly record struct PlaybackTicket(Guid KeyId, Guid TicketId, Guid ObjectId, Guid BearerId, DateTimeOffset ExpiresAt)
{
    const byte Version = 1;
    const int SignedLength = 73;
    const int Length = SignedLength + HMACSHA256.HashSizeInBytes;

    public string Sign(ReadOnlySpan<byte> key)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[0] = Version;
        KeyId.TryWriteBytes(bytes[1..], bigEndian: true, out _);
        TicketId.TryWriteBytes(bytes[17..], bigEndian: true, out _);
        ObjectId.TryWriteBytes(bytes[33..], bigEndian: true, out _);
        BearerId.TryWriteBytes(bytes[49..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes[65..], ExpiresAt.ToUnixTimeSeconds());
        HMACSHA256.HashData(key, bytes[..SignedLength], bytes[SignedLength..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads the fields of a well-formed ticket, verified or not; null when it is not even well formed.</summary>
    public static PlaybackTicket? Read(string text)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (!TryDecode(text, bytes))
            return null;
        var seconds = BinaryPrimitives.ReadInt64BigEndian(bytes[65..]);
        if (seconds is < 0 or > 253402300799) // 9999-12-31T23:59:59Z, the last second DateTimeOffset holds
            return null;
        return new(new Guid(bytes[1..17], bigEndian: true), new Guid(bytes[17..33], bigEndian: true), new Guid(bytes[33..49], bigEndian: true),
            new Guid(bytes[49..65], bigEndian: true), DateTimeOffset.FromUnixTimeSeconds(seconds));
    }

    /// <summary>Whether this key signed this text; in constant time.</summary>
    public static bool Verify(string text, ReadOnlySpan<byte> key)
    {
        Span<byte> bytes = stackalloc byte[Length];
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!TryDecode(text, bytes))
            return false;
        HMACSHA256.HashData(key, bytes[..SignedLength], expected);
        return CryptographicOperations.FixedTimeEquals(expected, bytes[SignedLength..]);
    }

    static bool TryDecode(string text, Span<byte> bytes) =>
        text.Length == 140 && Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == Length && bytes[0] == Version;
}
