using System.Buffers.Binary;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>Writes pictures with their times as an MPEG transport stream (ISO/IEC 13818-1) of one program and one stream.</summary>
sealed class TransportStream(Stream output, byte streamType)
{
    public const long ClockRate = 90_000;

    const int PacketBytes = 188;
    const ushort ProgramMapPid = 0x1000;
    const ushort VideoPid = 0x100;

    // Decoders have this long to collect a picture before they show it.
    const long Delay = ClockRate / 10;

    readonly Dictionary<ushort, int> _continuity = [];

    /// <param name="picture">In the codec's own byte stream.</param>
    /// <param name="time">At <see cref="ClockRate"/>, not below zero.</param>
    /// <param name="isWhole">A player may begin here.</param>
    /// <param name="ct">Cancels the write.</param>
    public async Task WriteAsync(ReadOnlyMemory<byte> picture, long time, bool isWhole, CancellationToken ct)
    {
        var packets = new MemoryStream();
        if (isWhole)
        {
            // Program 1 is described at the map's PID; the map names the one stream.
            WriteTable(packets, 0, [0x00, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | (ProgramMapPid >> 8), ProgramMapPid & 0xff]);
            WriteTable(packets, ProgramMapPid,
                [0x02, 0xb0, 18, 0, 1, 0xc1, 0, 0, 0xe0 | (VideoPid >> 8), VideoPid & 0xff, 0xf0, 0, streamType, 0xe0 | (VideoPid >> 8), VideoPid & 0xff, 0xf0, 0]);
        }
        WritePicture(packets, picture.Span, time, isWhole);
        await output.WriteAsync(packets.GetBuffer().AsMemory(0, (int)packets.Length), ct);
    }

    void WriteTable(MemoryStream packets, ushort pid, ReadOnlySpan<byte> section)
    {
        Span<byte> packet = stackalloc byte[PacketBytes];
        packet.Fill(0xff);
        WriteHeader(packet, pid, starts: true, hasAdaptation: false);
        packet[4] = 0; // the section begins at once
        section.CopyTo(packet[5..]);
        BinaryPrimitives.WriteUInt32BigEndian(packet[(5 + section.Length)..], Crc(section));
        packets.Write(packet);
    }

    void WritePicture(MemoryStream packets, ReadOnlySpan<byte> picture, long time, bool isWhole)
    {
        var presented = time + Delay;
        // Of video the length may be left open: 0. Only the time of presentation is given; the order tells that of decoding.
        ReadOnlySpan<byte> head =
        [
            0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5,
            (byte)(0x21 | ((presented >> 29) & 0x0e)), (byte)(presented >> 22), (byte)(0x01 | ((presented >> 14) & 0xfe)), (byte)(presented >> 7), (byte)(0x01 | ((presented << 1) & 0xfe)),
        ];
        Span<byte> packet = stackalloc byte[PacketBytes];
        for (var starts = true; starts || !picture.IsEmpty; starts = false)
        {
            var payload = (starts ? head.Length : 0) + picture.Length;
            // The clock goes with the first packet; the last is filled up.
            var adaptation = Math.Max(starts ? 8 : 0, PacketBytes - 4 - payload);
            WriteHeader(packet, VideoPid, starts, adaptation > 0);
            if (adaptation > 0)
                WriteAdaptation(packet.Slice(4, adaptation), starts ? time : null, isWhole);
            var room = packet[(4 + adaptation)..];
            if (starts)
            {
                head.CopyTo(room);
                room = room[head.Length..];
            }
            picture[..room.Length].CopyTo(room);
            picture = picture[room.Length..];
            packets.Write(packet);
        }
    }

    void WriteHeader(Span<byte> packet, ushort pid, bool starts, bool hasAdaptation)
    {
        var count = _continuity.GetValueOrDefault(pid);
        _continuity[pid] = (count + 1) & 0x0f;
        packet[0] = 0x47;
        packet[1] = (byte)((starts ? 0x40 : 0) | (pid >> 8));
        packet[2] = (byte)pid;
        packet[3] = (byte)((hasAdaptation ? 0x30 : 0x10) | count);
    }

    static void WriteAdaptation(Span<byte> field, long? clock, bool isWhole)
    {
        field.Fill(0xff);
        field[0] = (byte)(field.Length - 1);
        if (field.Length == 1)
            return;
        field[1] = (byte)(clock is null ? 0 : isWhole ? 0x50 : 0x10);
        if (clock is not { } time)
            return;
        BinaryPrimitives.WriteUInt32BigEndian(field[2..], (uint)(time >> 1));
        field[6] = (byte)(((time & 1) << 7) | 0x7e);
        field[7] = 0;
    }

    static uint Crc(ReadOnlySpan<byte> section)
    {
        var crc = uint.MaxValue;
        foreach (var next in section)
        {
            crc ^= (uint)next << 24;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 0x80000000) != 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
        }
        return crc;
    }
}
