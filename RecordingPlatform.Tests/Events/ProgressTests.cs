using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Events;

public sealed class ProgressTests(LivePlatform live) : IClassFixture<LivePlatform>
{
    [Fact]
    public async Task A_long_recording_tells_how_far_its_processing_is_and_never_goes_back()
    {
        await using var stream = await EventReader.OpenAsync(live.Admin);
        // An hour; scaled, what still takes ffmpeg some seconds.
        var minutes = Math.Max(20, Scale.Of(60));
        var id = await Platform.UploadAsync(live.Admin, Hum(TimeSpan.FromMinutes(minutes)));
        float? shown = null;
        var told = new List<double>();
        while (true)
        {
            var next = await stream.NextAsync();
            if (next.Recording != id)
                continue; // a test before this one uploaded it
            if (next.Kind == "recording.ready")
                break;
            if (next.Kind != "recording.progress")
                continue;
            told.Add(next.Json.GetProperty("data").GetProperty("progress").GetDouble());
            var details = await Platform.ReadAsync(await live.Admin.GetAsync($"api/v1/recordings/{id}"), 200);
            if (details.TryGetProperty("progress", out var progress) && progress.ValueKind is System.Text.Json.JsonValueKind.Number)
                shown = progress.GetSingle();
        }
        Assert.True(told.Count >= 3, $"It told {string.Join(", ", told)}.");
        Assert.Equal(told.Distinct().Order(), told);
        Assert.All(told, p => Assert.InRange(p, 0, 1));
        Assert.InRange(shown ?? -1, 0.001f, 1f);
        var apart = await live.Platform.QueryAsync($"select extract(epoch from min(gap)) from (select at - lag(at) over (order by id) gap from events where recording_id = '{id}' and kind = 'recording.progress') g");
        Assert.InRange(double.Parse(apart[0], System.Globalization.CultureInfo.InvariantCulture), 0.8, double.MaxValue);
    }

    /// <summary>Eight-bit mono of 8 kHz, loud enough to be no silence.</summary>
    static byte[] Hum(TimeSpan duration)
    {
        const int rate = 8000;
        var samples = (int)(duration.TotalSeconds * rate);
        byte[] wav = [.. WaveHeader.Of(samples, rate, bits: 8), .. new byte[samples]];
        for (var i = 0; i < samples; i++)
            wav[WaveHeader.Length + i] = (byte)(128 + (40 * Math.Sin(i * 2 * Math.PI * 220 / rate)));
        return wav;
    }
}
