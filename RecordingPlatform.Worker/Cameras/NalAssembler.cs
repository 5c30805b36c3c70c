using System.Buffers.Binary;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>What H.264 and H.265 share: a picture is NAL units, whole, several in one packet, or in fragments.</summary>
abstract class NalAssembler(IEnumerable<byte[]> parameterSets) : PictureAssembler
{
    static ReadOnlySpan<byte> StartCode => [0, 0, 0, 1];

    // Cameras may name them in the description only, and send none.
    readonly byte[] _parameterSets = [.. parameterSets.SelectMany(set => (byte[])[0, 0, 0, 1, .. set])];
    bool _holdsPicture;
    bool _isWhole;
    bool _hasParameters;
    bool _inFragment;

    protected sealed override bool HoldsPicture => _holdsPicture;

    /// <summary>An access unit delimiter, which transport streams ask for.</summary>
    protected abstract ReadOnlySpan<byte> Delimiter { get; }

    protected abstract bool IsDelimiter(byte first);
    protected abstract bool IsPicture(byte first);
    protected abstract bool IsWhole(byte first);
    protected abstract bool IsParameters(byte first);

    protected bool AppendUnit(ReadOnlySpan<byte> unit, MemoryStream data)
    {
        if (unit.IsEmpty || _inFragment)
            return false;
        Begin(unit[0], data);
        if (!IsDelimiter(unit[0]))
            data.Write(unit);
        return true;
    }

    /// <param name="units">Each after its length in two bytes.</param>
    /// <param name="data">Receives them.</param>
    protected bool AppendUnits(ReadOnlySpan<byte> units, MemoryStream data)
    {
        while (!units.IsEmpty)
        {
            if (units.Length < 2 || BinaryPrimitives.ReadUInt16BigEndian(units) is var length && units.Length < 2 + length)
                return false;
            if (!AppendUnit(units.Slice(2, length), data))
                return false;
            units = units[(2 + length)..];
        }
        return true;
    }

    protected bool AppendFragment(bool starts, bool ends, ReadOnlySpan<byte> header, ReadOnlySpan<byte> rest, MemoryStream data)
    {
        if (starts == _inFragment)
            return false;
        if (starts)
        {
            Begin(header[0], data);
            data.Write(header);
        }
        data.Write(rest);
        _inFragment = !ends;
        return true;
    }

    protected sealed override Picture Completed(uint timestamp, byte[] data) =>
        new(timestamp, _isWhole, [0, 0, 0, 1, .. Delimiter, .. _isWhole && !_hasParameters ? _parameterSets : [], .. data]);

    protected sealed override void Forget() => (_holdsPicture, _isWhole, _hasParameters, _inFragment) = (false, false, false, false);

    void Begin(byte first, MemoryStream data)
    {
        _holdsPicture |= IsPicture(first);
        _isWhole |= IsWhole(first);
        _hasParameters |= IsParameters(first);
        if (!IsDelimiter(first))
            data.Write(StartCode);
    }

    protected static IEnumerable<byte[]> Sets(SdpVideo video, params string[] names)
    {
        foreach (var set in names.SelectMany(name => video.Parameters.GetValueOrDefault(name, "").Split(',', StringSplitOptions.RemoveEmptyEntries)))
        {
            var bytes = new byte[set.Length];
            if (Convert.TryFromBase64String(set, bytes, out var written) && written > 0)
                yield return bytes[..written];
        }
    }
}

/// <summary>RFC 6184, packetization modes 0 and 1.</summary>
sealed class H264Assembler(SdpVideo video) : NalAssembler(Sets(video, "sprop-parameter-sets"))
{
    const int SingleTime = 24;
    const int Fragment = 28;

    public override byte? StreamType => 0x1b;

    protected override ReadOnlySpan<byte> Delimiter => [0x09, 0xf0];

    protected override bool IsDelimiter(byte first) => Type(first) == 9;
    protected override bool IsPicture(byte first) => Type(first) is >= 1 and <= 5;
    protected override bool IsWhole(byte first) => Type(first) == 5;
    protected override bool IsParameters(byte first) => Type(first) == 7;

    protected override bool Append(ReadOnlySpan<byte> payload, MemoryStream data) => Type(payload[0]) switch
    {
        >= 1 and <= 23 => AppendUnit(payload, data),
        SingleTime => AppendUnits(payload[1..], data),
        Fragment when payload.Length > 2 => AppendFragment((payload[1] & 0x80) != 0, (payload[1] & 0x40) != 0, [(byte)((payload[0] & 0xe0) | (payload[1] & 0x1f))], payload[2..], data),
        _ => false,
    };

    static int Type(byte first) => first & 0x1f;
}

/// <summary>RFC 7798, in the order of decoding.</summary>
sealed class H265Assembler(SdpVideo video) : NalAssembler(Sets(video, "sprop-vps", "sprop-sps", "sprop-pps"))
{
    const int Aggregate = 48;
    const int Fragment = 49;

    public override byte? StreamType => 0x24;

    protected override ReadOnlySpan<byte> Delimiter => [0x46, 0x01, 0x50];

    protected override bool IsDelimiter(byte first) => Type(first) == 35;
    protected override bool IsPicture(byte first) => Type(first) < 32;
    protected override bool IsWhole(byte first) => Type(first) is >= 16 and <= 21;
    protected override bool IsParameters(byte first) => Type(first) == 33;

    protected override bool Append(ReadOnlySpan<byte> payload, MemoryStream data) => Type(payload[0]) switch
    {
        _ when payload.Length < 4 => false,
        < Aggregate => AppendUnit(payload, data),
        Aggregate => AppendUnits(payload[2..], data),
        Fragment => AppendFragment((payload[2] & 0x80) != 0, (payload[2] & 0x40) != 0, [(byte)((payload[0] & 0x81) | ((payload[2] & 0x3f) << 1)), payload[1]], payload[3..], data),
        _ => false,
    };

    static int Type(byte first) => (first >> 1) & 0x3f;
}
