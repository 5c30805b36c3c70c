using RecordingPlatform.Benchmarks.Contenders;
using RecordingPlatform.Benchmarks.Measuring;

namespace RecordingPlatform.Benchmarks.Scenarios;

/// <summary>One download of 1 GiB, opened and checked on its way, beside a plain file as the same web server sends it, and nginx's sendfile.</summary>
internal sealed class HttpDownload : IScenario
{
    const long Bytes = 1L << 30;

    public static string Name => "download";

    public static async Task RunAsync(Report report)
    {
        var folder = Machine.NewFolder();
        try
        {
            var media = Path.Combine(folder, "media.wav");
            await MediaFile.WriteAsync(media, Bytes);
            await using var api = await ApiUnderTest.StartAsync();
            await using var plain = await Server.StartPlainAsync(folder);
            await using var nginx = await Server.StartNginxAsync(folder);
            var recording = await api.UploadAsync(media);

            var speeds = await new Contest("download of 1 GiB", "MB/s") { Servers = [api.Pid, plain.Pid] }
                .Add("platform", async () => Speed(await Curl.SecondsAsync(200, "--header", api.Authorization, $"{api.Url}api/v1/recordings/{recording}/download")))
                .Add("plain file", async () => Speed(await Curl.SecondsAsync(200, $"{plain.Url}media.wav")))
                // As fast as a plain file can be made to leave this server, for the reader: no goal, it is nobody's server.
                .Add("plain file, sent by hand", async () => Speed(await Curl.SecondsAsync(200, $"{plain.Url}by-hand/media.wav")))
                .Add("nginx sendfile", async () => Speed(await Curl.SecondsAsync(200, $"{nginx.Url}media.wav")))
                .RunAsync(report);
            report.AtLeast("platform / plain file", speeds.Ratio("platform", "plain file"), 0.90);
            report.AtLeast("platform / nginx sendfile", speeds.Ratio("platform", "nginx sendfile"), 0.45);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static double Speed(double seconds) => Bytes / seconds / 1e6;
}
