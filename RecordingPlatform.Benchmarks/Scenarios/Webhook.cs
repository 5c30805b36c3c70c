using RecordingPlatform.Benchmarks.Contenders;
using RecordingPlatform.Benchmarks.Measuring;

namespace RecordingPlatform.Benchmarks.Scenarios;

/// <summary>
/// Signed reports of calls over HTTP from 64 senders, each answered when it is durable: the api as it is deployed beside
/// pgbench, which has no web server before it, and beside a web server that inserts for each request. Synchronous commits.
/// </summary>
internal sealed class Webhook : IScenario
{
    public static string Name => "webhook";

    public static async Task RunAsync(Report report)
    {
        await using var api = await ApiUnderTest.StartAsync(durable: true);
        var (source, secret) = await api.AddPbxAsync();
        var master = await api.MasterKeyAsync();
        await using var inserting = await Server.StartInsertingAsync(api.DatabaseLogin + ";Maximum Pool Size=80", source, master);
        using var pgbench = new Pgbench(api.DatabaseLogin, source, master);
        var p99 = new Dictionary<string, List<double>> { ["platform"] = [], ["inserting"] = [] };
        var speeds = await new Contest("reports answered durably", "1/s") { Servers = [api.Pid, inserting.Pid] }
            .Add("platform", () => SendAsync(p99["platform"], new Uri(api.Url, "webhooks/freepbx"), secret))
            .Add("insert for each request", () => SendAsync(p99["inserting"], inserting.Url, secret))
            .Add("pgbench, prepared", pgbench.RunAsync)
            .RunAsync(report);
        report.AtLeast("platform / pgbench", speeds.Ratio("platform", "pgbench, prepared"), 1.3);
        report.AtLeast("platform / insert for each request", speeds.Ratio("platform", "insert for each request"), 2.5);
        report.AtMost("p99: platform / insert for each request", new Standings(p99).Ratio("platform", "inserting"), 0.5);
    }

    static async Task<double> SendAsync(List<double> p99, Uri url, string secret)
    {
        var (rate, slow) = await WebhookLoad.SendAsync(url, secret);
        p99.Add(slow);
        return rate;
    }
}
