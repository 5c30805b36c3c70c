using RecordingPlatform.Benchmarks.Contenders;
using RecordingPlatform.Benchmarks.Measuring;

namespace RecordingPlatform.Benchmarks.Scenarios;

/// <summary>Seeking: ranges at random places of a long recording, on a connection that is kept, beside nginx's static files.</summary>
internal sealed class RangeSeek : IScenario
{
    const long Bytes = 256 << 20;

    public static string Name => "range";

    public static async Task RunAsync(Report report)
    {
        var folder = Machine.NewFolder();
        try
        {
            var media = Path.Combine(folder, "media.wav");
            await MediaFile.WriteAsync(media, Bytes);
            await using var api = await ApiUnderTest.StartAsync();
            await using var nginx = await Server.StartNginxAsync(folder);
            var ticket = await api.PlaybackUrlAsync(await api.UploadAsync(media));
            await SeekAsync(report, api, ticket, nginx, 1 << 10, 2.3);
            await SeekAsync(report, api, ticket, nginx, 64 << 10, 2.6);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task SeekAsync(Report report, ApiUnderTest api, Uri ticket, Server nginx, int length, double goal)
    {
        var times = await new Contest($"range of {length >> 10} KiB, median of 2,000", "µs") { Servers = [api.Pid] }
            .Add("platform", () => Seek.MedianAsync(ticket, length, Bytes))
            .Add("nginx", () => Seek.MedianAsync(new Uri(nginx.Url, "media.wav"), length, Bytes))
            .RunAsync(report);
        report.AtMost($"{length >> 10} KiB: platform / nginx", times.Ratio("platform", "nginx"), goal);
    }
}
