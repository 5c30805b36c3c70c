using System.Globalization;
using RecordingPlatform.Benchmarks.Contenders;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Benchmarks.Scenarios;

/// <summary>Sealing and opening segments on one core, beside OpenSSL's own speed test of the cipher.</summary>
internal sealed class SealAndOpen : IScenario
{
    const double Goal = 0.95;

    // Of a second each, of which a busy neighbour can take a tenth.
    const int Rounds = 15;

    public static string Name => "sealing";

    public static async Task RunAsync(Report report)
    {
        var sealing = await new Contest("seal, 64 KiB segments, one core", "MB/s") { Rounds = Rounds }
            .Add("sealed object", async () => (await Self.NumbersAsync(Machine.OnOneCore(Self.As("seal-speed"))))[0])
            .Add("openssl speed", () => OpenSslAsync())
            .RunAsync(report);
        report.AtLeast("seal / openssl", sealing.Ratio("sealed object", "openssl speed"), Goal);

        var opening = await new Contest("open, 64 KiB segments, one core", "MB/s") { Rounds = Rounds }
            .Add("sealed object", async () => (await Self.NumbersAsync(Machine.OnOneCore(Self.As("seal-speed"))))[1])
            .Add("openssl speed", () => OpenSslAsync("-decrypt"))
            .RunAsync(report);
        report.AtLeast("open / openssl", opening.Ratio("sealed object", "openssl speed"), Goal);
    }

    static async Task<double> OpenSslAsync(params string[] more)
    {
        var said = await Run.ToEndAsync(Machine.OnOneCore(["openssl", "speed", "-mr", "-elapsed", "-seconds", "1", "-bytes", "65536", "-evp", "aes-256-gcm", .. more]));
        // +F:22:AES-256-GCM:4321000000.00 is bytes per second.
        var line = said.Split('\n').Single(l => l.StartsWith("+F:", StringComparison.Ordinal));
        return double.Parse(line.Split(':')[^1], CultureInfo.InvariantCulture) / 1e6;
    }
}
