using RecordingPlatform.Benchmarks.Contenders;
using RecordingPlatform.Benchmarks.Measuring;

namespace RecordingPlatform.Benchmarks.Scenarios;

/// <summary>One upload of 1 GiB, sealed and on record when it is answered, beside a plain PUT of the same web server and nginx.</summary>
internal sealed class HttpUpload : IScenario
{
    const long Bytes = 1L << 30;
    const long MemoryGoal = 64 << 20;

    public static string Name => "upload";

    public static async Task RunAsync(Report report)
    {
        var folder = Machine.NewFolder();
        try
        {
            var media = Path.Combine(folder, "media.wav");
            await MediaFile.WriteAsync(media, Bytes);
            await using var api = await ApiUnderTest.StartAsync();
            await using var plain = await Server.StartPlainAsync(Directory.CreateDirectory(Path.Combine(folder, "plain")).FullName);
            await using var nginx = await Server.StartNginxAsync(Directory.CreateDirectory(Path.Combine(folder, "nginx")).FullName);

            await UploadAsync();
            Machine.ForgetPeak(api.Pid);
            var before = Machine.Resident(api.Pid).Now;
            var speeds = await new Contest("upload of 1 GiB", "MB/s") { Servers = [api.Pid, plain.Pid] }
                .Add("platform", UploadAsync)
                .Add("plain PUT", async () => Speed(await Curl.SecondsAsync(201, "--upload-file", media, $"{plain.Url}one")))
                .Add("nginx PUT", async () => { File.Delete(Path.Combine(nginx.Folder, "one")); return Speed(await Curl.SecondsAsync(201, "--upload-file", media, $"{nginx.Url}one")); })
                .RunAsync(report);
            report.AtLeast("platform / plain PUT", speeds.Ratio("platform", "plain PUT"), 0.88);
            report.AtLeast("platform / nginx PUT", speeds.Ratio("platform", "nginx PUT"), 0.40);
            report.AtMost("growth of resident memory / 64 MiB", (double)(Machine.Resident(api.Pid).Peak - before) / MemoryGoal, 1);

            async Task<double> UploadAsync()
            {
                api.EmptyStore();
                return Speed(await Curl.SecondsAsync(201, "--header", api.Authorization, "--form", $"file=@{media}", $"{api.Url}api/v1/recordings"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static double Speed(double seconds) => Bytes / seconds / 1e6;
}
