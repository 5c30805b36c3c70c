using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Audit;

/// <summary>The canonical bytes of an audit entry: FORMAT.md, version 1.</summary>
internal static class LeafBytes
{
    const byte Version = 1;
    const uint Absent = 0xFFFFFFFF;

    public static byte[] Of(AuditEntry entry, Guid? detailsId, byte[]? detailsHash)
    {
        var leaf = new ArrayBufferWriter<byte>(256);
        leaf.GetSpan(1)[0] = Version;
        leaf.Advance(1);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, (entry.At - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        Field(leaf, number);
        BinaryPrimitives.WriteInt32BigEndian(number, (int)entry.Action);
        Field(leaf, number[..4]);
        Field(leaf, SnakeCase.Of(entry.Outcome));
        Field(leaf, SnakeCase.Of(entry.ActorKind));
        Field(leaf, entry.ActorId);
        Field(leaf, entry.SessionId);
        Field(leaf, entry.RecordingId);
        Field(leaf, entry.SubjectId);
        Field(leaf, entry.TargetKind);
        Field(leaf, entry.TargetId);
        Field(leaf, entry.Facts);
        Field(leaf, detailsId);
        if (detailsHash is null)
            Length(leaf, Absent);
        else
            Field(leaf, detailsHash);
        return leaf.WrittenSpan.ToArray();
    }

    public static byte[] HashDetails(ReadOnlySpan<byte> salt, string? reason, string? ip, string? userAgent)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        bytes.Write(salt);
        Field(bytes, reason);
        Field(bytes, ip);
        Field(bytes, userAgent);
        return SHA256.HashData(bytes.WrittenSpan);
    }

    static void Field(ArrayBufferWriter<byte> to, string? text)
    {
        if (text is null)
            Length(to, Absent);
        else
            Field(to, Encoding.UTF8.GetBytes(text));
    }

    static void Field(ArrayBufferWriter<byte> to, Guid? id)
    {
        if (id is null)
        {
            Length(to, Absent);
            return;
        }
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        Field(to, bytes);
    }

    static void Field(ArrayBufferWriter<byte> to, ReadOnlySpan<byte> bytes)
    {
        Length(to, (uint)bytes.Length);
        to.Write(bytes);
    }

    static void Length(ArrayBufferWriter<byte> to, uint length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(to.GetSpan(4), length);
        to.Advance(4);
    }
}
