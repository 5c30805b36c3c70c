using System.Net;
using System.Runtime.Versioning;
using Microsoft.AspNetCore.Http;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Storage;

namespace RecordingPlatform.Tests.Faults;

[SupportedOSPlatform("linux")]
public sealed class StoreFaultTests(PostgresCluster cluster, Azurite azurite)
{
    [Fact]
    public async Task A_store_that_refuses_stalls_and_breaks_off_loses_nothing_that_was_acknowledged()
    {
        await using var container = await AzureContainer.StartAsync(azurite);
        await using var cable = new Cable(container.Relay.Address.Port);
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings
        {
            Apis = 2,
            Workers = 2,
            Environment = new Dictionary<string, string>(Quick.Leases)
            {
                ["Storage__Provider"] = "azure",
                ["Storage__Container"] = container.Name,
                ["Storage__EvidenceContainer"] = $"{container.Name}e",
                ["Storage__Azure__Timeout"] = "00:00:02",
                ["ConnectionStrings__blobs"] = await azurite.ConnectionStringAsync(new Uri($"http://127.0.0.1:{cable.Port}")),
            },
        });
        await using var traffic = await Traffic.StartAsync(platform);
        await traffic.FlowsAsync(5);
        var faults = new Dice(container.Relay, cable);
        await Until.TrueAsync(() => Task.FromResult(faults.All(count => count >= 2)), TimeSpan.FromMinutes(3), "each kind of fault has happened twice");
        await traffic.FlowsAsync(5);
        await traffic.EndAsync();
        faults.Stop();

        traffic.AssertNobodyWasMisled();
        await traffic.AssertNothingIsLostAsync();
        await Books.AssertBalancedAsync(platform, async () =>
        {
            var names = new List<string>();
            await foreach (var stored in (await container.OpenAsync()).ListAsync("", TestContext.Current.CancellationToken))
                names.Add(stored.Name);
            names.Sort(StringComparer.Ordinal);
            return names;
        });
    }

    /// <summary>Breaks one request in ten, each time in another way, and one connection in four at some byte of what it carries: what happens to which is fixed by the seed.</summary>
    sealed class Dice
    {
        const int Seed = 20261121;

        readonly Random _random = new(Seed);
        readonly Relay _relay;
        readonly Cable _cable;
        int _refused, _lost, _stalled, _halved;

        public Dice(Relay relay, Cable cable)
        {
            (_relay, _cable) = (relay, cable);
            cable.Fray = connection => new Random(Seed + connection) is var throws && throws.Next(4) == 0 ? throws.Next(1, 1 << 20) : null;
            relay.Before = (_, http) => Task.FromResult(Throw() < 3 && Refuse(http));
            relay.After = async (_, answer, http) => Throw() switch
            {
                < 3 => Lose(http),
                < 5 => await StallAsync(http),
                < 8 when answer.IsSuccessStatusCode && http.Request.Method == "GET" => await HalveAsync(answer, http),
                _ => false,
            };
        }

        public void Stop() => (_relay.Before, _relay.After, _cable.Fray) = (null, null, null);

        public bool All(Func<int, bool> count) => count(_refused) && count(_lost) && count(_stalled) && count(_halved) && count(_cable.Torn);

        int Throw()
        {
            lock (_random)
                return _random.Next(100);
        }

        bool Refuse(HttpContext http)
        {
            Interlocked.Increment(ref _refused);
            http.Response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
            return true;
        }

        // The store has done it, and nobody learns: a repeated write meets 409 or 412.
        bool Lose(HttpContext http)
        {
            Interlocked.Increment(ref _lost);
            http.Abort();
            return true;
        }

        async Task<bool> StallAsync(HttpContext http)
        {
            Interlocked.Increment(ref _stalled);
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        }

        async Task<bool> HalveAsync(HttpResponseMessage answer, HttpContext http)
        {
            var body = await answer.Content.ReadAsByteArrayAsync();
            Interlocked.Increment(ref _halved);
            http.Response.StatusCode = (int)answer.StatusCode;
            foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(h => h.Key != "Transfer-Encoding"))
                http.Response.Headers[name] = values.ToArray();
            http.Response.ContentLength = body.Length;
            await http.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2));
            await http.Response.Body.FlushAsync();
            http.Abort();
            return true;
        }
    }
}
