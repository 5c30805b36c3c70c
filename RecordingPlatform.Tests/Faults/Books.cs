using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Faults;

/// <summary>Compares the rows of a platform with the objects in its store.</summary>
internal static class Books
{
    const string Unfinished = "unfinished: ";

    /// <summary>
    /// Lets the leases of dead writers end, waits for the sweep, and then expects a row for every object, an object for every
    /// row, and of each kind one rendition.
    /// </summary>
    /// <param name="platform">At rest.</param>
    /// <param name="stored">Names the objects of a store that is not the platform's folder.</param>
    public static async Task AssertBalancedAsync(Platform platform, Func<Task<List<string>>>? stored = null)
    {
        await WorkIsDoneAsync(platform);
        // An unfinished write is somebody's for ten minutes.
        await platform.QueryAsync("update clock set clock_offset = clock_offset + interval '11 minutes'");
        await Until.TrueAsync(async () => await platform.QueryAsync("select id from objects where state = 'writing'") is [], TimeSpan.FromSeconds(60), "the sweep has removed what was never published");
        await WorkIsDoneAsync(platform);
        if (stored is null)
            await DeadWritersAreSweptAsync(platform);

        var rows = await platform.QueryAsync("select name from objects where deletion <> 'purged' order by name collate \"C\"");
        Assert.Equal(rows, stored is null ? StoredNames(platform.StoreFolder) : await stored());
        Assert.Empty(await platform.QueryAsync("select recording_id from objects where superseded_at is null and role in ('original', 'playback', 'waveform') group by recording_id, role, variant having count(*) > 1"));
        Assert.Empty(await platform.QueryAsync("select id from recordings where state = 'ready' and not exists (select from objects o where o.recording_id = recordings.id and o.role = 'playback')"));
        Assert.Empty(await platform.QueryAsync("select id from recordings where not exists (select from objects o where o.recording_id = recordings.id and o.role = 'original' and o.state = 'published')"));
    }

    /// <summary>Until no recording waits for its processing.</summary>
    public static Task WorkIsDoneAsync(Platform platform) => Until.TrueAsync(
        async () => await platform.QueryAsync("select id from recordings where state in ('receiving', 'stored')") is [],
        TimeSpan.FromSeconds(180), "every recording is processed");

    // What a dead writer left is swept when it is an hour old, by the first probe of a process.
    static async Task DeadWritersAreSweptAsync(Platform platform)
    {
        var incoming = Path.Combine(platform.StoreFolder, "recordings", ".incoming");
        foreach (var writer in Directory.Exists(incoming) ? Directory.GetDirectories(incoming) : [])
        {
            foreach (var file in Directory.GetFiles(writer))
                File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-2));
            Directory.SetLastWriteTimeUtc(writer, DateTime.UtcNow.AddHours(-2));
        }
        await platform.Apis[^1].StopAsync();
        await platform.Apis[^1].StartAsync();
        using var probed = await platform.Anonymous.GetAsync(new Uri(platform.Apis[^1].Url, "health"));
    }

    static List<string> StoredNames(string folder)
    {
        var container = Path.Combine(folder, "recordings");
        return [.. Directory.EnumerateFiles(container, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(container, file))
            .Where(name => Path.GetFileName(name) != ".lock")
            // The disk store marks a finished object's file with an @; anything else is a write that nobody finished.
            .Select(name => name.EndsWith('@') ? name[..^1] : Unfinished + name)
            .Order(StringComparer.Ordinal)];
    }
}
