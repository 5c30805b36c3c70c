using System.Buffers;
using System.Text.Json;
using RecordingPlatform.Core.Media;

namespace RecordingPlatform.Tests.Media;

public sealed class WaveformTests
{
    [Fact]
    public void A_pixel_holds_the_minimum_and_maximum_of_each_channel_in_eight_bits()
    {
        var builder = new WaveformBuilder(channels: 2, sampleRate: 8000);
        var frames = new short[WaveformBuilder.FirstSamplesPerPixel * 2 * 2];
        (frames[0], frames[2]) = (-32768, 32767); // first pixel, left
        (frames[3], frames[5]) = (-256, 511); // first pixel, right
        (frames[^2], frames[^1]) = (256, -257); // second pixel
        builder.Append(Bytes(frames));

        Assert.Equal([-128, 127, -1, 1, 0, 1, -2, 0], builder.ToWaveform().Data);
    }

    [Fact]
    public void It_is_audiowaveform_json_of_version_2()
    {
        var builder = new WaveformBuilder(channels: 1, sampleRate: 8000);
        builder.Append(Bytes([.. Enumerable.Range(0, 100).Select(i => (short)(i * 256))]));
        var output = new ArrayBufferWriter<byte>();
        builder.ToWaveform().WriteTo(output);

        using var json = JsonDocument.Parse(output.WrittenMemory);
        Assert.Equal(
            """{"version":2,"channels":1,"sample_rate":8000,"samples_per_pixel":40,"bits":8,"length":3,"data":[0,39,40,79,80,99]}""",
            json.RootElement.GetRawText());
    }

    [Theory]
    [InlineData(4096 * 40, 4096, 40)]
    [InlineData((4096 * 40) + 1, 2049, 80)]
    [InlineData(4096 * 80, 4096, 80)]
    [InlineData(10_000_000, 3907, 2560)]
    public void Length_is_bounded_and_resolution_halves(int frames, int length, int samplesPerPixel)
    {
        var builder = new WaveformBuilder(channels: 1, sampleRate: 8000);
        var second = new byte[16_000];
        for (var left = frames * 2; left > 0; left -= second.Length)
            builder.Append(second.AsSpan(0, Math.Min(left, second.Length)));

        var waveform = builder.ToWaveform();

        Assert.Equal((length, samplesPerPixel, (long)frames), (waveform.Length, waveform.SamplesPerPixel, waveform.Frames));
        Assert.Equal(frames / 8000d, waveform.Duration.TotalSeconds, 6);
    }

    [Fact]
    public void Merging_keeps_every_peak_at_its_place()
    {
        var builder = new WaveformBuilder(channels: 2, sampleRate: 8000);
        var frames = new short[1_000_000 * 2];
        frames[(600_000 * 2) + 1] = 20_000;
        frames[200_000 * 2] = -20_000;
        builder.Append(Bytes(frames));

        var waveform = builder.ToWaveform();

        var left = 200_000 / waveform.SamplesPerPixel * 4;
        var right = (600_000 / waveform.SamplesPerPixel * 4) + 3;
        Assert.Equal((-20_000 >> 8, 20_000 >> 8), (waveform.Data[left], waveform.Data[right]));
        Assert.Equal(2, waveform.Data.Count(value => value != 0));
    }

    [Fact]
    public void It_does_not_matter_where_the_stream_is_cut()
    {
        var samples = new byte[50_000];
        new Random(7).NextBytes(samples);
        var whole = new WaveformBuilder(2, 8000);
        whole.Append(samples);
        var pieces = new WaveformBuilder(2, 8000);
        for (int at = 0, size = 1; at < samples.Length; at += size, size = (size % 7) + 1)
            pieces.Append(samples.AsSpan(at, Math.Min(size, samples.Length - at)));

        Assert.Equal(whole.ToWaveform().Data, pieces.ToWaveform().Data);
    }

    static byte[] Bytes(short[] samples)
    {
        var bytes = new byte[samples.Length * 2];
        Buffer.BlockCopy(samples, 0, bytes, 0, bytes.Length);
        return bytes;
    }
}
