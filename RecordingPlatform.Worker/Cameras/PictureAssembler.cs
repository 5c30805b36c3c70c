#pragma warning disable CA1001 // a MemoryStream holds nothing but memory

namespace RecordingPlatform.Worker.Cameras;

/// <param name="Timestamp">By the stream's clock, from any start, wrapping.</param>
/// <param name="IsWhole">Needs no picture before it.</param>
/// <param name="Data">As the codec's own byte stream has it.</param>
readonly record struct Picture(uint Timestamp, bool IsWhole, byte[] Data);

/// <summary>Puts pictures together from packets. What is cut short or out of order is dropped, never guessed.</summary>
abstract class PictureAssembler
{
    readonly MemoryStream _data = new();
    ushort _next;
    uint _timestamp;
    bool _open;
    bool _broken;

    /// <summary>In a transport stream (ISO/IEC 13818-1, table 2-34); null for JPEG, which it has not.</summary>
    public abstract byte? StreamType { get; }

    /// <summary>Null for a codec that is not a camera's.</summary>
    public static PictureAssembler? For(SdpVideo video) => video.Encoding switch
    {
        "H264" => new H264Assembler(video),
        "H265" or "HEVC" => new H265Assembler(video),
        "MP4V-ES" => new Mpeg4Assembler(video),
        "JPEG" => new JpegAssembler(),
        _ => null,
    };

    /// <summary>The pictures that are complete with this packet.</summary>
    public IEnumerable<Picture> Add(RtpPacket packet)
    {
        // Over TCP nothing is lost on the way, but a camera drops what it cannot send in time.
        var gap = _open && packet.Sequence != _next;
        _next = (ushort)(packet.Sequence + 1);
        if (_open && packet.Timestamp != _timestamp && Finish() is { } last)
            yield return last;
        if (!_open)
            (_open, _timestamp) = (true, packet.Timestamp);
        _broken |= gap || !Append(packet.Payload.Span, _data);
        // Some cameras mark the parameter sets, which alone are no picture.
        if (packet.Marker && HoldsPicture && Finish() is { } marked)
            yield return marked;
    }

    /// <summary>The last picture, where no packet said that it was complete.</summary>
    public Picture? Finish()
    {
        var picture = _open && !_broken && HoldsPicture ? Completed(_timestamp, _data.ToArray()) : (Picture?)null;
        _data.SetLength(0);
        (_open, _broken) = (false, false);
        Forget();
        return picture;
    }

    protected abstract bool HoldsPicture { get; }

    /// <summary>False when the packet makes no sense.</summary>
    protected abstract bool Append(ReadOnlySpan<byte> payload, MemoryStream data);

    protected abstract Picture Completed(uint timestamp, byte[] data);

    /// <summary>A new picture begins.</summary>
    protected abstract void Forget();
}

/// <summary>MPEG-4 Visual (RFC 6416): the byte stream itself, cut at packets.</summary>
sealed class Mpeg4Assembler(SdpVideo video) : PictureAssembler
{
    readonly byte[] _config = video.Parameters.TryGetValue("config", out var hex) && hex.Length % 2 == 0 && hex.All(char.IsAsciiHexDigit) ? Convert.FromHexString(hex) : [];
    bool _holds;

    public override byte? StreamType => 0x10;

    protected override bool HoldsPicture => _holds;

    protected override bool Append(ReadOnlySpan<byte> payload, MemoryStream data)
    {
        data.Write(payload);
        return _holds = true;
    }

    // A picture starts 00 00 01 B6, and two bits say of what kind: 00 is one that stands alone.
    protected override Picture Completed(uint timestamp, byte[] data)
    {
        var start = data.AsSpan().IndexOf((ReadOnlySpan<byte>)[0, 0, 1, 0xb6]);
        var whole = start >= 0 && start + 4 < data.Length && data[start + 4] >> 6 == 0;
        return new Picture(timestamp, whole, whole ? [.. _config, .. data] : data);
    }

    protected override void Forget() => _holds = false;
}
