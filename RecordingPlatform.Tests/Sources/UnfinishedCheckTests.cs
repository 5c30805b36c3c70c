using System.Text.Json;
using RecordingPlatform.Tests.Access;

namespace RecordingPlatform.Tests.Sources;

/// <summary>The test button where no worker runs.</summary>
[Collection(AccessCollection.Name)]
public sealed class UnfinishedCheckTests(AccessPlatform running)
{
    [Fact]
    public async Task A_test_that_no_worker_takes_says_so_once_its_time_is_over_and_is_not_asked_for_twice_until_then()
    {
        var source = (await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, "api/v1/sources", 201, new { name = SourcesClient.NewName(), kind = "freepbx" })).GetProperty("id").GetGuid();
        var asked = await AskAsync();
        Assert.Empty(asked.GetProperty("findings").EnumerateArray());
        var check = asked.GetProperty("id").GetGuid();
        Assert.Equal(check, (await AskAsync()).GetProperty("id").GetGuid());
        Assert.Equal("1", await running.ValueAsync($"select count(*) from jobs where kind = 'source.check' and arguments->>'check_id' = '{check}' and priority = 50"));

        await running.MoveClockAsync(TimeSpan.FromMinutes(2), async () =>
        {
            var overdue = await AccessPlatform.SendAsync(running.Admin, HttpMethod.Get, $"api/v1/sources/{source}/tests/{check}", 200);
            Assert.Equal(JsonValueKind.Null, overdue.GetProperty("finished_at").ValueKind);
            var hint = Assert.Single(overdue.GetProperty("findings").EnumerateArray());
            Assert.False(hint.GetProperty("ok").GetBoolean());
            Assert.Contains("No worker", hint.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.NotEqual(check, (await AskAsync()).GetProperty("id").GetGuid());
        });
        Assert.Equal("wait_seconds_invalid", (await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, $"api/v1/sources/{source}/test?wait_seconds=16", 400)).GetProperty("code").GetString());

        Task<JsonElement> AskAsync() => AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, $"api/v1/sources/{source}/test?wait_seconds=0", 202);
    }
}
