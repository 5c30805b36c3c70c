using System.Net.Http.Json;
using RecordingPlatform.Tests.Api;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Access;

/// <summary>Answers that were kept are personal data: the worker removes them after their day.</summary>
[Collection(ApiSurface.Name)]
public sealed class PruneIdempotencyKeysTests(ApiSurface.Running running)
{
    [Fact]
    public async Task Kept_answers_go_when_their_day_is_over_and_live_ones_stay()
    {
        var (live, expired) = ($"live-{Guid.CreateVersion7()}", $"expired-{Guid.CreateVersion7()}");
        Assert.False(await IsReplayedAsync(live));
        Assert.False(await IsReplayedAsync(expired));
        Assert.Equal(2, await CountAsync(live, expired));
        await running.Platform.QueryAsync($"update idempotency_keys set expires_at = app_now() where key = '{expired}'");

        // Its turn comes every hour; this one comes now.
        await Until.TrueAsync(async () => (await running.Platform.QueryAsync(
            "update jobs set run_at = app_now() where kind = 'idempotency.prune' and state = 'queued' returning id")).Count == 1, TimeSpan.FromSeconds(60), "a run is queued");
        await Until.TrueAsync(async () => await CountAsync(expired) == 0, TimeSpan.FromSeconds(60), "the expired answer is gone");
        Assert.Equal(1, await CountAsync(live));
        Assert.True(await IsReplayedAsync(live));
        Assert.False(await IsReplayedAsync(expired));
    }

    async Task<bool> IsReplayedAsync(string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/tickets") { Content = JsonContent.Create(new { kind = "upload" }), Headers = { { "Idempotency-Key", key } } };
        using var answer = await running.Admin.SendAsync(request);
        await Platform.ReadAsync(answer, 200);
        return answer.Headers.Contains("Idempotent-Replayed");
    }

    Task<long> CountAsync(params string[] keys) => running.CountAsync($"select count(*) from idempotency_keys where key in ('{string.Join("','", keys)}')");
}
