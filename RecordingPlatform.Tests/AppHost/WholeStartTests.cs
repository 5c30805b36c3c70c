using System.Runtime.Versioning;
using RecordingPlatform.AppHost.Local;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.AppHost;

/// <summary>The platform as it is started on one machine, with the services it really has.</summary>
[SupportedOSPlatform("linux")]
public sealed class WholeStartTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task After_the_engine_was_killed_the_next_start_leaves_no_orphan_and_loses_nothing()
    {
        await using var platform = new StagedPlatform(services: true);
        await platform.StartAndBeReadyAsync();
        List<Guid> kept = [];
        using (var admin = await SignInAsync(platform))
        {
            for (var n = 0; n < 3; n++)
                kept.Add(await Platform.UploadAsync(admin, SampleMedia.Speech));
        }
        var orphans = platform.Children();

        // While the worker still renders what was uploaded.
        Signals.Send(platform.Engine.Id, Signals.Kill);
        await platform.EndedAsync();
        Assert.Equal(5, orphans.Count(o => o.IsAlive));
        await platform.StartAndBeReadyAsync();

        Assert.DoesNotContain(orphans, o => o.IsAlive);
        using var again = await SignInAsync(platform);
        foreach (var id in kept)
        {
            await Until.TrueAsync(async () => (await Platform.ReadAsync(await again.GetAsync($"api/v1/recordings/{id}"), 200)).GetProperty("status").GetString() == "ready", Patience, $"{id} is ready\n{platform.Output}");
            Assert.Equal(SampleMedia.Speech, await again.GetByteArrayAsync($"api/v1/recordings/{id}/download"));
        }
        using var portal = new HttpClient();
        Assert.Contains("<html", await portal.GetStringAsync($"http://127.0.0.1:{platform.WebPort}/"), StringComparison.OrdinalIgnoreCase);
        var children = platform.Children();
        Assert.Equal(0, (await platform.TerminateAsync()).ExitCode);
        Assert.DoesNotContain(children, c => c.SessionMembers().Count > 0);
    }

    static Task<HttpClient> SignInAsync(StagedPlatform platform) =>
        Platform.SignInAsync(new Uri($"http://127.0.0.1:{platform.ApiPort}/"), Platform.UsersIn(platform.Data)["admin"]);
}
