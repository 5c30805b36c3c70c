using System.Diagnostics;
using RecordingPlatform.Benchmarks.Contenders;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Benchmarks.Scenarios;

/// <summary>A file of 1 GiB sealed into a file and opened from it, process start included, beside age, rclone's crypt and cp.</summary>
internal sealed class FileToFile : IScenario
{
    const long Bytes = 1L << 30;
    // Half of each is the kernel's, and what new pages cost changes from one second to the next.
    const int Rounds = 11;

    const long MemoryGoal = 64 << 20;

    public static string Name => "file";

    public static async Task RunAsync(Report report)
    {
        var folder = Machine.NewFolder();
        try
        {
            string At(string name) => Path.Combine(folder, name);
            await MediaFile.WriteAsync(At("plain"), Bytes);
            await Run.ToEndAsync("age-keygen", "-o", At("age.key"));
            var recipient = (await Run.ToEndAsync("age-keygen", "-y", At("age.key"))).Trim();
            var password = (await Run.ToEndAsync("rclone", "obscure", "not-a-secret")).Trim();
            await File.WriteAllTextAsync(At("rclone.conf"), $"[sealed]\ntype = crypt\nremote = {At("rclone")}\nfilename_encryption = off\ndirectory_name_encryption = false\npassword = {password}\n");
            string[] rclone = ["rclone", "--config", At("rclone.conf"), "--buffer-size", "16M", "copyto"];
            long peak = 0;

            var sealing = await new Contest("1 GiB, file to sealed file", "s") { Rounds = Rounds }
                .Add("sealed object", async () => { var (seconds, bytes) = await OursAsync("seal-file", At("plain"), At("sealed")); peak = Math.Max(peak, bytes); return seconds; })
                .Add("age", () => TimeAsync(At("plain.age"), "age", "-r", recipient, "-o", At("plain.age"), At("plain")))
                // For the reader, without a goal: an object's row has the SHA-256 of what it holds, which age does not know.
                .Add("age, and openssl's SHA-256 beside", async () => (await Task.WhenAll(
                    TimeAsync(At("plain.age"), "age", "-r", recipient, "-o", At("plain.age"), At("plain")),
                    TimeAsync(At("plain.digest"), "openssl", "dgst", "-sha256", "-out", At("plain.digest"), At("plain")))).Max())
                .Add("rclone crypt", () => TimeAsync(At("rclone/file.bin"), [.. rclone, At("plain"), "sealed:file"]))
                .Add("cp", () => TimeAsync(At("copy"), "cp", At("plain"), At("copy")))
                .RunAsync(report);
            Judge(report, "seal", sealing);

            var opening = await new Contest("1 GiB, sealed file to file", "s") { Rounds = Rounds }
                .Add("sealed object", async () => { var (seconds, bytes) = await OursAsync("open-file", At("sealed"), At("opened")); peak = Math.Max(peak, bytes); return seconds; })
                .Add("age", () => TimeAsync(At("opened.age"), "age", "-d", "-i", At("age.key"), "-o", At("opened.age"), At("plain.age")))
                .Add("rclone crypt", () => TimeAsync(At("opened.rclone"), [.. rclone, "sealed:file", At("opened.rclone")]))
                .Add("cp", () => TimeAsync(At("copy"), "cp", At("plain"), At("copy")))
                .RunAsync(report);
            Judge(report, "open", opening);
            report.AtMost("highest resident memory / 64 MiB", (double)peak / MemoryGoal, 1);
            await Run.ToEndAsync("cmp", At("plain"), At("opened"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static void Judge(Report report, string way, Standings seconds)
    {
        report.AtLeast($"{way}: speed / age", seconds.Ratio("age", "sealed object"), 1.4);
        report.AtLeast($"{way}: speed / rclone crypt", seconds.Ratio("rclone crypt", "sealed object"), 2.5);
        report.AtMost($"{way}: time / cp", seconds.Ratio("sealed object", "cp"), 2.2);
    }

    static async Task<(double Seconds, long Peak)> OursAsync(string contender, string from, string to)
    {
        DeleteOutput(to);
        var watch = Stopwatch.StartNew();
        var peak = await Self.NumbersAsync(Self.As(contender, from, to));
        return (watch.Elapsed.TotalSeconds, (long)peak[0]);
    }

    static async Task<double> TimeAsync(string output, params string[] command)
    {
        DeleteOutput(output);
        var watch = Stopwatch.StartNew();
        await Run.ToEndAsync(command);
        return watch.Elapsed.TotalSeconds;
    }

    // Everyone writes a new file: into pages that are there already a copy is faster.
    static void DeleteOutput(string file)
    {
        if (File.Exists(file))
            File.Delete(file);
    }
}
