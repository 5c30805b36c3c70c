using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Events;

/// <summary>A page that refreshes itself does not fill the audit log.</summary>
public sealed class ViewTrailTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_view_that_refreshes_itself_is_audited_once_for_a_session_what_it_shows_and_ten_minutes()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Workers = 0 });
        using var admin = await platform.SignInAsync("admin");
        var id = await Platform.UploadAsync(admin, SampleMedia.Speech);
        var other = await Platform.UploadAsync(admin, SampleMedia.Speech);
        async Task<string> RowsAsync(int action) => (await platform.QueryAsync($"select count(*) from audit where action = {action}"))[0];
        async Task OpenAsync(HttpClient client, string path) => await Platform.ReadAsync(await client.GetAsync(path), 200);

        // Opening it is a row; what it does by itself afterwards is none, even many at once.
        await OpenAsync(admin, "api/v1/recordings?q=xyz");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => OpenAsync(admin, "api/v1/recordings?q=xyz&live=true")));
        Assert.Equal("1", await RowsAsync(200));
        await OpenAsync(admin, $"api/v1/recordings/{id}");
        await OpenAsync(admin, $"api/v1/recordings/{id}?live=true");
        Assert.Equal("1", await RowsAsync(201));

        // Another filter, another page, another recording, another session: views of their own.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => OpenAsync(admin, "api/v1/recordings?q=yzx&live=true")));
        await OpenAsync(admin, "api/v1/recordings?q=xyz&page=2&live=true");
        Assert.Equal("3", await RowsAsync(200));
        await OpenAsync(admin, $"api/v1/recordings/{other}?live=true");
        using var again = await platform.SignInAsync("admin");
        await OpenAsync(again, $"api/v1/recordings/{other}?live=true");
        Assert.Equal("3", await RowsAsync(201));

        // Who looks by hand is audited every time.
        await OpenAsync(admin, "api/v1/recordings?q=xyz");
        await OpenAsync(admin, $"api/v1/recordings/{id}");
        Assert.Equal("4", await RowsAsync(200));
        Assert.Equal("4", await RowsAsync(201));

        await platform.QueryAsync("update clock set clock_offset = '11 minutes' returning clock_offset::text");
        await OpenAsync(admin, "api/v1/recordings?q=xyz&live=true");
        await OpenAsync(admin, "api/v1/recordings?q=xyz&live=true");
        await OpenAsync(admin, $"api/v1/recordings/{id}?live=true");
        Assert.Equal("5", await RowsAsync(200));
        Assert.Equal("5", await RowsAsync(201));
        // What is older is forgotten.
        Assert.Equal("2", (await platform.QueryAsync("select count(*) from live_views"))[0]);
    }

    [Fact]
    public async Task A_recording_that_may_not_be_seen_leaves_no_view()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Workers = 0 });
        using var admin = await platform.SignInAsync("admin");
        using var patient = await platform.SignInAsync("patient");
        var id = await Platform.UploadAsync(admin, SampleMedia.Speech);
        await Platform.ReadAsync(await patient.GetAsync($"api/v1/recordings/{id}?live=true"), 404);
        Assert.Equal("0", (await platform.QueryAsync("select count(*) from live_views"))[0]);
    }
}
