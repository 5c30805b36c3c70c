using System.Text.Json;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Tests.Access;

namespace RecordingPlatform.Tests.Audit;

[Collection(AccessCollection.Name)]
public sealed class AuditLogTests(AccessPlatform running)
{
    [Fact]
    public async Task The_log_of_a_recording_tells_who_heard_it_and_why()
    {
        var id = await running.UploadPrivateAsync("Heard with a reason");
        using var officer = await running.Platform.SignInAsync("compliance_officer");
        using var stranger = await running.Platform.SignInAsync("operator");
        await AccessPlatform.SendAsync(officer, HttpMethod.Get, $"api/v1/recordings/{id}", 200);
        using (await officer.GetAsync($"api/v1/recordings/{id}/stream?reason=complaint+17")) { }
        await AccessPlatform.SendAsync(stranger, HttpMethod.Get, $"api/v1/recordings/{id}", 404);

        var log = await LogAsync(officer, $"recording_id={id}");
        Assert.Equal(["access_denied", "recording_played", "view_recording", "recording_created"], log.Select(e => e.GetProperty("action").GetString()));
        Assert.Equal("denied", log[0].GetProperty("outcome").GetString());
        Assert.Equal(await running.UserIdAsync("operator"), log[0].GetProperty("actor_id").GetString());
        Assert.Equal("complaint 17", log[1].GetProperty("reason").GetString());
        Assert.Equal("Helena Novak", log[1].GetProperty("actor_name").GetString());
        Assert.NotEqual(JsonValueKind.Null, log[1].GetProperty("ip").ValueKind);

        var officerId = await running.UserIdAsync("compliance_officer");
        var own = await LogAsync(officer, $"recording_id={id}&user_id={officerId}");
        Assert.Equal(["audit_log_read", "recording_played", "view_recording"], own.Select(e => e.GetProperty("action").GetString()));
        Assert.Single(await LogAsync(officer, $"recording_id={id}&action=view_recording"));
        // Each look at the log of this recording is itself in it.
        Assert.Equal(3, (await LogAsync(officer, $"recording_id={id}&action=audit_log_read")).Count);
    }

    [Fact]
    public async Task The_log_is_cut_by_time_and_limit_and_counts_the_rest()
    {
        var id = await running.UploadPrivateAsync("Seen often");
        for (var i = 0; i < 3; i++)
            await AccessPlatform.SendAsync(running.Admin, HttpMethod.Get, $"api/v1/recordings/{id}", 200);
        var views = $"recording_id={id}&action=view_recording";
        var two = await AccessPlatform.SendAsync(running.Admin, HttpMethod.Get, $"api/v1/audit/log?{views}&limit=2", 200);
        Assert.Equal((2, 3), (two.GetProperty("entries").GetArrayLength(), two.GetProperty("total").GetInt32()));
        var all = await LogAsync(running.Admin, views);
        var middle = Uri.EscapeDataString(all[1].GetProperty("at").GetString()!);
        Assert.Equal(2, (await LogAsync(running.Admin, $"{views}&from={middle}")).Count);
        Assert.Single(await LogAsync(running.Admin, $"{views}&to={middle}"));
        foreach (var wrong in (string[])["limit=0", "limit=1001", "limit=many", "action=nothing", "recording_id=x", "from=yesterday"])
            await AccessPlatform.SendAsync(running.Admin, HttpMethod.Get, $"api/v1/audit/log?{wrong}", 400);
    }

    [Fact]
    public void Names_are_snake_case_lead_back_and_three_are_as_clients_know_them()
    {
        foreach (var action in Enum.GetValues<AuditAction>())
        {
            Assert.Matches("^[a-z]+(_[a-z]+)*$", AuditNames.Of(action));
            Assert.Equal(action, AuditNames.Parse(AuditNames.Of(action)));
        }
        Assert.Equal(("list_recordings", "view_recording", "download_recording"),
            (AuditNames.Of(AuditAction.RecordingsListed), AuditNames.Of(AuditAction.RecordingViewed), AuditNames.Of(AuditAction.RecordingDownloaded)));
    }

    static async Task<List<JsonElement>> LogAsync(HttpClient client, string query)
    {
        var log = await AccessPlatform.SendAsync(client, HttpMethod.Get, $"api/v1/audit/log?{query}", 200);
        Assert.Equal(log.GetProperty("entries").GetArrayLength(), log.GetProperty("total").GetInt32());
        return [.. log.GetProperty("entries").EnumerateArray()];
    }
}
