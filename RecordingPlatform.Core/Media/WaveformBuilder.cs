using System.Buffers.Binary;

namespace RecordingPlatform.Core.Media;

/// <summary>
/// Makes a <see cref="Waveform"/> from a stream of samples whose length is not known beforehand. Memory is constant: when
/// the pixels are full, neighbours are merged and each pixel covers twice the time.
/// </summary>
public sealed class WaveformBuilder
{
    /// <summary>Half of it is still a pixel for every point of a wide screen.</summary>
    public const int MaxLength = 4096;

    /// <summary>5 ms at 8 kHz: a syllable's attack shows, and eleven seconds fill a screen.</summary>
    public const int FirstSamplesPerPixel = 40;

    readonly int _channels;
    readonly int _sampleRate;
    readonly short[] _data;
    readonly short[] _open;
    readonly byte[] _partial;
    int _partialLength;
    int _length;
    int _inPixel;
    int _samplesPerPixel = FirstSamplesPerPixel;
    long _frames;

    /// <param name="channels">1 or 2.</param>
    /// <param name="sampleRate">Hz.</param>
    public WaveformBuilder(int channels, int sampleRate)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(channels is 1 or 2, true, nameof(channels));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sampleRate);
        _channels = channels;
        _sampleRate = sampleRate;
        _data = new short[MaxLength * channels * 2];
        _open = new short[channels * 2];
        _partial = new byte[channels * sizeof(short)];
        Reset();
    }

    /// <summary>Signed 16-bit little-endian samples, channels interleaved. A frame may be split between two calls.</summary>
    public void Append(ReadOnlySpan<byte> pcm)
    {
        var frameBytes = _partial.Length;
        if (_partialLength > 0)
        {
            var taken = Math.Min(frameBytes - _partialLength, pcm.Length);
            pcm[..taken].CopyTo(_partial.AsSpan(_partialLength));
            _partialLength += taken;
            pcm = pcm[taken..];
            if (_partialLength < frameBytes)
                return;
            AppendFrame(_partial);
            _partialLength = 0;
        }
        for (; pcm.Length >= frameBytes; pcm = pcm[frameBytes..])
            AppendFrame(pcm);
        pcm.CopyTo(_partial);
        _partialLength = pcm.Length;
    }

    /// <summary>What has been read so far; a frame that is not whole is left out.</summary>
    public Waveform ToWaveform()
    {
        var values = _length * _channels * 2;
        var data = new sbyte[values + (_inPixel > 0 ? _open.Length : 0)];
        for (var i = 0; i < data.Length; i++)
            data[i] = (sbyte)((i < values ? _data[i] : _open[i - values]) >> 8);
        return new Waveform { Channels = _channels, SampleRate = _sampleRate, SamplesPerPixel = _samplesPerPixel, Frames = _frames, Data = data };
    }

    void AppendFrame(ReadOnlySpan<byte> frame)
    {
        if (_length == MaxLength) // not before a further sample comes: MaxLength whole pixels are kept as they are
            MergeNeighbours();
        for (var channel = 0; channel < _channels; channel++)
        {
            var sample = BinaryPrimitives.ReadInt16LittleEndian(frame[(channel * 2)..]);
            ref var minimum = ref _open[channel * 2];
            ref var maximum = ref _open[(channel * 2) + 1];
            if (sample < minimum)
                minimum = sample;
            if (sample > maximum)
                maximum = sample;
        }
        _frames++;
        if (++_inPixel < _samplesPerPixel)
            return;
        _open.CopyTo(_data, _length * _open.Length);
        _length++;
        Reset();
    }

    void MergeNeighbours()
    {
        var stride = _open.Length;
        for (var pixel = 0; pixel < MaxLength / 2; pixel++)
        {
            for (var i = 0; i < stride; i += 2)
            {
                var first = (pixel * 2 * stride) + i;
                _data[(pixel * stride) + i] = Math.Min(_data[first], _data[first + stride]);
                _data[(pixel * stride) + i + 1] = Math.Max(_data[first + 1], _data[first + stride + 1]);
            }
        }
        _length = MaxLength / 2;
        _samplesPerPixel *= 2;
    }

    void Reset()
    {
        _inPixel = 0;
        for (var i = 0; i < _open.Length; i += 2)
        {
            _open[i] = short.MaxValue;
            _open[i + 1] = short.MinValue;
        }
    }
}
