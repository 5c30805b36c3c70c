namespace RecordingPlatform.Worker.Cameras;

/// <summary>
/// Finds JPEG pictures in a stream, by their own markers (ITU-T T.81, annex B): what lies between them, such as the parts'
/// heads that every camera writes differently, is passed over. Looks at each byte once.
/// </summary>
sealed class JpegScanner
{
    /// <summary>Four times what 3840 × 2160 needs at a high quality.</summary>
    const int MostPicture = 16 << 20;

    byte[] _held = new byte[256 * 1024];
    int _length;
    // How far the picture that begins at zero was looked at; zero while none has begun.
    int _at;
    bool _inEntropy;

    enum Found { More, Whole, Broken }

    /// <summary>The pictures that are complete with these bytes.</summary>
    public IEnumerable<byte[]> Add(ReadOnlyMemory<byte> bytes)
    {
        if (_length + bytes.Length > _held.Length)
            Array.Resize(ref _held, Math.Max(_held.Length * 2, _length + bytes.Length));
        bytes.CopyTo(_held.AsMemory(_length));
        _length += bytes.Length;
        while (_at > 0 || Begin())
        {
            switch (Advance())
            {
                case Found.Whole:
                    yield return _held[.._at];
                    Drop(_at);
                    break;
                case Found.Broken:
                    Drop(2);
                    break;
                case Found.More when _length > MostPicture:
                    Drop(2);
                    break;
                default:
                    yield break;
            }
        }
    }

    bool Begin()
    {
        var start = _held.AsSpan(0, _length).IndexOf((ReadOnlySpan<byte>)[0xff, 0xd8, 0xff]);
        Drop(start < 0 ? Math.Max(0, _length - 2) : start);
        _at = start < 0 ? 0 : 2;
        return start >= 0;
    }

    void Drop(int count)
    {
        _held.AsSpan(count, _length - count).CopyTo(_held);
        _length -= count;
        (_at, _inEntropy) = (0, false);
    }

    Found Advance()
    {
        while (_at + 1 < _length)
        {
            var (first, marker) = (_held[_at], _held[_at + 1]);
            if (_inEntropy && (first != 0xff || marker is 0 or (>= 0xd0 and <= 0xd7)))
            {
                _at++;
                continue;
            }
            _inEntropy = false;
            if (first != 0xff || (marker is < 0xc0 or 0xd8 && marker != 0x01))
                return Found.Broken;
            if (marker == 0xd9)
            {
                _at += 2;
                return Found.Whole;
            }
            if (marker is 0xff or 0x01 or (>= 0xd0 and <= 0xd7))
            {
                _at += marker == 0xff ? 1 : 2;
                continue;
            }
            if (_at + 4 > _length)
                return Found.More;
            _at += 2 + Math.Max(2, (_held[_at + 2] << 8) | _held[_at + 3]);
            _inEntropy = marker == 0xda;
        }
        return Found.More;
    }
}
