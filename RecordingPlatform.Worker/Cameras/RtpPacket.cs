using System.Buffers.Binary;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>One packet of RTP (RFC 3550).</summary>
readonly record struct RtpPacket(int PayloadType, bool Marker, ushort Sequence, uint Timestamp, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Null when these bytes are none.</summary>
    public static RtpPacket? Read(ReadOnlyMemory<byte> bytes)
    {
        var packet = bytes.Span;
        if (packet.Length < 12 || packet[0] >> 6 != 2)
            return null;
        var start = 12 + ((packet[0] & 0x0f) * 4);
        if ((packet[0] & 0x10) != 0)
        {
            if (packet.Length < start + 4)
                return null;
            start += 4 + (BinaryPrimitives.ReadUInt16BigEndian(packet[(start + 2)..]) * 4);
        }
        var padding = (packet[0] & 0x20) != 0 ? packet[^1] : 0;
        return packet.Length - padding <= start
            ? null
            : new RtpPacket(packet[1] & 0x7f, (packet[1] & 0x80) != 0, BinaryPrimitives.ReadUInt16BigEndian(packet[2..]), BinaryPrimitives.ReadUInt32BigEndian(packet[4..]),
                bytes[start..^padding]);
    }
}
