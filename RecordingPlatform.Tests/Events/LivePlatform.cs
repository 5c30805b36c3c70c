using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Events;

/// <summary>
/// A platform on a cluster of its own: a transaction that another test holds open would stall its events. Its heartbeat is
/// a second.
/// </summary>
public sealed class LivePlatform : IAsyncLifetime
{
    readonly PostgresCluster _cluster = new();

    public Platform Platform { get; private set; } = null!;
    public HttpClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Platform = await Platform.StartAsync(_cluster, new PlatformSettings { Environment = new Dictionary<string, string> { ["Events__Heartbeat"] = "00:00:01" } });
        Admin = await Platform.SignInAsync("admin");
    }

    public async ValueTask DisposeAsync()
    {
        Admin?.Dispose();
        await Platform.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    /// <summary>A client with an API key of these scopes.</summary>
    public async Task<HttpClient> KeyAsync(params string[] scopes)
    {
        var key = $"rpk_{Guid.CreateVersion7():N}";
        await Platform.QueryAsync($"""
            insert into api_keys (id, name, prefix, key_hash, scopes)
            values (gen_random_uuid(), 'of a test', 'rpk_', sha256('{key}'), '{'{'}{string.Join(',', scopes)}{'}'}') returning id::text
            """);
        var client = new HttpClient { BaseAddress = Platform.Url };
        client.DefaultRequestHeaders.Add("X-Api-Key", key);
        return client;
    }

    /// <summary>Adds events about nothing that anybody sees, until the last of them has its number.</summary>
    public async Task<long> FillAsync(int count)
    {
        await Platform.QueryAsync($"insert into events (kind) select 'filler' from generate_series(1, {count}) returning 'x'");
        return await Until.ValueAsync<long>(async () => long.Parse((await Platform.QueryAsync(
            "select case when count(*) = (select count(*) from events) then max(seq) end from event_seq"))[0] is { Length: > 0 } seq ? seq : "-1", System.Globalization.CultureInfo.InvariantCulture)
            is var newest and >= 0 ? newest : null, TimeSpan.FromSeconds(30), "all events have numbers");
    }
}
