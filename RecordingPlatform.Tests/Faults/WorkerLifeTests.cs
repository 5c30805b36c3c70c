using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Faults;

public sealed class WorkerLifeTests(PostgresCluster cluster)
{
    // STATES.md: the fifth failure is the last.
    const int Failures = 5;

    [Fact]
    public async Task A_job_that_kills_its_process_every_time_ends_dead_and_holds_up_nobody()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Environment = Quick.Leases });
        using var client = await platform.SignInAsync("admin");
        await platform.Workers[0].StopAsync();
        var poison = await Platform.UploadAsync(client, SampleMedia.Speech);
        for (var attempt = 1; attempt <= Failures; attempt++)
        {
            await using (var held = await HeldLock.TakeAsync(platform, $"select id from recordings where id = '{poison}' for update"))
            {
                await platform.Workers[0].StartAsync();
                if (attempt > 1)
                {
                    await Until.TrueAsync(async () => await platform.QueryAsync($"select id from jobs where recording_id = '{poison}' and state = 'queued' and failures = {attempt - 1}") is [_], TimeSpan.FromSeconds(60), "the claim of a dead worker is counted");
                    // Past the wait before the next attempt.
                    await platform.QueryAsync("update clock set clock_offset = clock_offset + interval '1 hour'");
                }
                await held.StopsAsync("update recordings");
                await platform.Workers[0].KillAsync();
            }
        }
        await platform.Workers[0].StartAsync();
        using var later = await platform.SignInAsync("admin");
        var other = await Platform.UploadAsync(later, SampleMedia.Speech);
        await platform.WaitForAsync(later, other, "ready");
        await Until.TrueAsync(async () => await platform.QueryAsync($"select state from recordings where id = '{poison}'") is ["failed"], TimeSpan.FromSeconds(60), "the recording says that it failed");
        Assert.Equal([$"dead {Failures}"], await platform.QueryAsync($"select state || ' ' || failures from jobs where recording_id = '{poison}'"));
        Assert.Equal([$"{Failures}"], await platform.QueryAsync($"select count(*) from job_errors join jobs on jobs.id = job_id where recording_id = '{poison}'"));
        Assert.Equal(SampleMedia.Speech, await later.GetByteArrayAsync($"api/v1/recordings/{poison}/download"));
    }

    [Fact]
    public async Task A_worker_that_is_told_to_stop_hands_its_job_back_without_a_failure()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings
        {
            Workers = 2,
            Environment = new Dictionary<string, string>(Quick.Leases) { ["Jobs__Drain"] = "00:00:01" },
        });
        using var client = await platform.SignInAsync("admin");
        await platform.Workers[1].StopAsync();
        // Ten minutes of speech take longer than the second that it is given.
        var id = await Platform.UploadAsync(client, SampleMedia.LongSpeech(TimeSpan.FromMinutes(10)));
        await Until.TrueAsync(async () => await platform.QueryAsync($"select id from jobs where recording_id = '{id}' and state = 'running' and progress > 0") is [_], TimeSpan.FromSeconds(60), "the worker is at it");
        await platform.Workers[0].StopAsync();
        Assert.Equal(["queued 0"], await platform.QueryAsync($"select state || ' ' || failures from jobs where recording_id = '{id}'"));
        await platform.Workers[1].StartAsync();
        await platform.WaitForAsync(client, id, "ready");
    }
}
