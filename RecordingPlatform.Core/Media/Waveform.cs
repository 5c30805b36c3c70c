using System.Buffers;
using System.Text.Json;

namespace RecordingPlatform.Core.Media;

/// <summary>Minimum and maximum per pixel and channel, as <c>WAVEFORM.md</c> describes.</summary>
public sealed record Waveform
{
    /// <summary>1 or 2.</summary>
    public required int Channels { get; init; }

    /// <summary>Hz of the audio the peaks were taken from.</summary>
    public required int SampleRate { get; init; }

    public required int SamplesPerPixel { get; init; }

    /// <summary>Samples per channel that were read: the exact duration is this ÷ <see cref="SampleRate"/>.</summary>
    public required long Frames { get; init; }

    /// <summary>Per pixel, for each channel, its minimum and its maximum, −128…127.</summary>
    public required IReadOnlyList<sbyte> Data { get; init; }

    /// <summary>Pixels.</summary>
    public int Length => Data.Count / (2 * Channels);

    public TimeSpan Duration => TimeSpan.FromTicks((long)(Frames * (Int128)TimeSpan.TicksPerSecond / SampleRate));

    /// <summary>Writes the audiowaveform JSON, version 2, in UTF-8.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteNumber("version"u8, 2);
        json.WriteNumber("channels"u8, Channels);
        json.WriteNumber("sample_rate"u8, SampleRate);
        json.WriteNumber("samples_per_pixel"u8, SamplesPerPixel);
        json.WriteNumber("bits"u8, 8);
        json.WriteNumber("length"u8, Length);
        json.WriteStartArray("data"u8);
        foreach (var value in Data)
            json.WriteNumberValue(value);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
