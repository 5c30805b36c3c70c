using System.Net;
using System.Net.Http.Headers;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Access;

[Collection(AccessCollection.Name)]
public sealed class GrantTests(AccessPlatform running)
{
    Platform Platform => running.Platform;

    [Fact]
    public async Task A_grant_opens_one_recording_for_one_person_as_far_as_it_says()
    {
        var id = await running.UploadPrivateAsync("Lent out");
        using var reader = await Platform.SignInAsync("patient");
        await Platform.ReadAsync(await reader.GetAsync($"api/v1/recordings/{id}"), 404);
        var before = await TotalAsync(reader);
        var grant = await GiveAsync(id, "patient", new { user = await running.UserIdAsync("patient"), play = true });
        var details = await Platform.ReadAsync(await reader.GetAsync($"api/v1/recordings/{id}"), 200);
        Assert.Equal(["play"], details.GetProperty("permissions").EnumerateArray().Select(p => p.GetString()));
        Assert.Equal(before + 1, await TotalAsync(reader));
        Assert.Equal(HttpStatusCode.OK, (await reader.GetAsync($"api/v1/recordings/{id}/stream")).StatusCode);
        await Platform.ReadAsync(await reader.GetAsync($"api/v1/recordings/{id}/download"), 403);
        using var other = await Platform.SignInAsync("operator");
        await Platform.ReadAsync(await other.GetAsync($"api/v1/recordings/{id}"), 404);

        await GiveAsync(id, "patient", new { user = await running.UserIdAsync("patient"), download = true });
        Assert.Equal(HttpStatusCode.OK, (await reader.GetAsync($"api/v1/recordings/{id}/download")).StatusCode);
        Assert.Equal(2, (await AccessPlatform.SendAsync(running.Admin, HttpMethod.Get, $"api/v1/recordings/{id}/grants", 200)).GetProperty("grants").GetArrayLength());
        await AccessPlatform.SendAsync(running.Admin, HttpMethod.Delete, $"api/v1/recordings/{id}/grants/{grant}", 204);
        await AccessPlatform.SendAsync(running.Admin, HttpMethod.Delete, $"api/v1/recordings/{id}/grants/{grant}", 404);
    }

    [Fact]
    public async Task A_revoked_grant_ends_the_ticket_it_opened_midway()
    {
        var id = await running.UploadPrivateAsync("Lent and taken back");
        using var reader = await Platform.SignInAsync("patient");
        var grant = await GiveAsync(id, "patient", new { user = await running.UserIdAsync("patient"), play = true });
        var url = (await Platform.ReadAsync(await reader.GetAsync($"api/v1/recordings/{id}/playback-url"), 200)).GetProperty("url").GetString()!;
        Assert.Equal(HttpStatusCode.PartialContent, await RangeAsync(url));
        await AccessPlatform.SendAsync(running.Admin, HttpMethod.Delete, $"api/v1/recordings/{id}/grants/{grant}", 204);
        await ClosesAsync(url);
        await Platform.ReadAsync(await reader.GetAsync($"api/v1/recordings/{id}"), 404);
    }

    [Fact]
    public async Task A_grant_ends_at_its_time()
    {
        var id = await running.UploadPrivateAsync("Lent for a while");
        using var reader = await Platform.SignInAsync("patient");
        await GiveAsync(id, "patient", new { user = await running.UserIdAsync("patient"), play = true, expires_at = TimeProvider.System.GetUtcNow().AddMinutes(3) });
        var url = (await Platform.ReadAsync(await reader.GetAsync($"api/v1/recordings/{id}/playback-url"), 200)).GetProperty("url").GetString()!;
        Assert.Equal(HttpStatusCode.PartialContent, await RangeAsync(url));
        await running.MoveClockAsync(TimeSpan.FromMinutes(4), async () =>
        {
            await ClosesAsync(url);
            await Platform.ReadAsync(await reader.GetAsync($"api/v1/recordings/{id}"), 404);
        });
    }

    [Fact]
    public async Task A_grant_must_say_something_about_somebody_who_is_there()
    {
        var id = await running.UploadPrivateAsync("Not lent");
        var user = await running.UserIdAsync("patient");
        foreach (var (status, grant) in new (int, object)[]
        {
            (400, new { user }),
            (400, new { user, play = true, expires_at = "2020-01-01T00:00:00Z" }),
            (422, new { user = Guid.CreateVersion7(), play = true }),
        })
        {
            await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, $"api/v1/recordings/{id}/grants", status, grant);
        }
    }

    async Task<string> GiveAsync(Guid id, string who, object grant)
    {
        var made = await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, $"api/v1/recordings/{id}/grants", 201, grant);
        Assert.Equal(await running.UserIdAsync(who), made.GetProperty("user").GetString());
        return made.GetProperty("id").GetString()!;
    }

    static async Task<int> TotalAsync(HttpClient client) => (await Platform.ReadAsync(await client.GetAsync("api/v1/recordings"), 200)).GetProperty("total").GetInt32();

    // An opening serves the ranges of one second (TICKETS.md); then the right is read again.
    Task ClosesAsync(string url) => Until.TrueAsync(async () => await RangeAsync(url) == HttpStatusCode.Forbidden, TimeSpan.FromSeconds(3), "the ticket opens nothing any more");

    async Task<HttpStatusCode> RangeAsync(string url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(0, 99) } };
        using var answer = await Platform.Anonymous.SendAsync(request);
        return answer.StatusCode;
    }
}
