using System.Buffers.Binary;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>
/// JPEG over RTP (RFC 2435). Packets leave out what all pictures share; it is put back here: the tables of ITU-T T.81, annex K,
/// those of the quantizer scaled by Q unless the packet brings its own.
/// </summary>
sealed class JpegAssembler : PictureAssembler
{
    // In the order of the zigzag, as a DQT segment holds them.
    static ReadOnlySpan<byte> Luma =>
    [
        16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
        56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
    ];

    static ReadOnlySpan<byte> Chroma =>
    [
        17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ];

    // How many codes of each length, then their values: K.3 to K.6.
    static ReadOnlySpan<byte> LumaDc => [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    static ReadOnlySpan<byte> ChromaDc => [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

    static readonly byte[] s_lumaAc = Convert.FromHexString(
        "0002010303020403050504040000017D"
        + "01020300041105122131410613516107227114328191A1082342B1C11552D1F02433627282090A161718191A25262728292A3435363738393A434445464748494A"
        + "535455565758595A636465666768696A737475767778797A838485868788898A92939495969798999AA2A3A4A5A6A7A8A9AAB2B3B4B5B6B7B8B9BAC2C3C4C5C6C7C8C9CA"
        + "D2D3D4D5D6D7D8D9DAE1E2E3E4E5E6E7E8E9EAF1F2F3F4F5F6F7F8F9FA");

    static readonly byte[] s_chromaAc = Convert.FromHexString(
        "00020102040403040705040400010277"
        + "000102031104052131061241510761711322328108144291A1B1C109233352F0156272D10A162434E125F11718191A262728292A35363738393A434445464748494A"
        + "535455565758595A636465666768696A737475767778797A82838485868788898A92939495969798999AA2A3A4A5A6A7A8A9AAB2B3B4B5B6B7B8B9BAC2C3C4C5C6C7C8C9CA"
        + "D2D3D4D5D6D7D8D9DAE2E3E4E5E6E7E8E9EAF2F3F4F5F6F7F8F9FA");

    int _next;

    public override byte? StreamType => null;

    protected override bool HoldsPicture => _next > 0;

    protected override bool Append(ReadOnlySpan<byte> payload, MemoryStream data)
    {
        if (payload.Length < 8)
            return false;
        var offset = (payload[1] << 16) | (payload[2] << 8) | payload[3];
        var (type, q, width, height) = (payload[4], payload[5], payload[6] * 8, payload[7] * 8);
        var rest = payload[8..];
        if (offset != _next || (type & 0x3f) > 1 || type >= 128 || q == 0 || width == 0 || height == 0)
            return false;
        var restart = 0;
        if (type >= 64)
        {
            if (rest.Length < 4)
                return false;
            restart = BinaryPrimitives.ReadUInt16BigEndian(rest);
            rest = rest[4..];
        }
        if (offset == 0)
        {
            if (!TryTakeTables(q, ref rest, out var tables))
                return false;
            WriteHead(data, type & 0x3f, width, height, restart, tables);
        }
        data.Write(rest);
        _next = offset + rest.Length;
        return true;
    }

    protected override Picture Completed(uint timestamp, byte[] data) =>
        new(timestamp, IsWhole: true, data.AsSpan().EndsWith((ReadOnlySpan<byte>)[0xff, 0xd9]) ? data : [.. data, 0xff, 0xd9]);

    protected override void Forget() => _next = 0;

    // RFC 2435, 3.1.8 and 4.2.
    static bool TryTakeTables(int q, ref ReadOnlySpan<byte> rest, out byte[] tables)
    {
        tables = [];
        if (q < 128)
        {
            var scale = q is >= 50 and <= 99 ? 200 - (q * 2) : 5000 / Math.Clamp(q, 1, 99);
            tables = [.. Luma, .. Chroma];
            for (var i = 0; i < tables.Length; i++)
                tables[i] = (byte)Math.Clamp(((tables[i] * scale) + 50) / 100, 1, 255);
            return true;
        }
        if (rest.Length < 4)
            return false;
        var length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
        // Of sixteen bits a number, or kept from an earlier packet, are none of a camera's.
        if (rest[1] != 0 || length != 128 || rest.Length < 4 + length)
            return false;
        tables = rest.Slice(4, length).ToArray();
        rest = rest[(4 + length)..];
        return true;
    }

    static void WriteHead(MemoryStream data, int type, int width, int height, int restart, byte[] tables)
    {
        data.Write([0xff, 0xd8]);
        Segment(data, 0xdb, [0, .. tables.AsSpan(0, 64)]);
        Segment(data, 0xdb, [1, .. tables.AsSpan(64)]);
        if (restart > 0)
            Segment(data, 0xdd, [(byte)(restart >> 8), (byte)restart]);
        // Type 0 halves the colours' width, type 1 their height too.
        Segment(data, 0xc0, [8, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, 3, 1, (byte)(type == 0 ? 0x21 : 0x22), 0, 2, 0x11, 1, 3, 0x11, 1]);
        Segment(data, 0xc4, [0x00, .. LumaDc]);
        Segment(data, 0xc4, [0x10, .. s_lumaAc]);
        Segment(data, 0xc4, [0x01, .. ChromaDc]);
        Segment(data, 0xc4, [0x11, .. s_chromaAc]);
        Segment(data, 0xda, [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
    }

    static void Segment(MemoryStream data, byte marker, ReadOnlySpan<byte> content)
    {
        var length = content.Length + 2;
        data.Write([0xff, marker, (byte)(length >> 8), (byte)length]);
        data.Write(content);
    }
}
