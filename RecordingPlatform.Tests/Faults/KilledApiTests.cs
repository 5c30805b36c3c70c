using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Ingest;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Faults;

public sealed class KilledApiTests(PostgresCluster cluster)
{
    [Fact]
    public async Task An_upload_that_a_killed_api_cut_off_leaves_nothing_and_can_be_sent_again()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Apis = 2, Workers = 2, Environment = Quick.Leases });
        using var other = await platform.SignInAsync("admin", api: 1);
        var media = SampleMedia.LongSpeech(TimeSpan.FromMinutes(4));
        foreach (var percent in (int[])[25, 50, 75])
        {
            using var client = await platform.SignInAsync("admin");
            using var body = new HaltingUpload(media, media.Length * percent / 100);
            var sending = client.PostAsync("api/v1/recordings", body.Content);
            await body.Halted;
            await Until.TrueAsync(async () => await platform.QueryAsync("select id from objects where state = 'writing'") is not [], TimeSpan.FromSeconds(30), "the object's row is there");
            await platform.Apis[0].KillAsync();
            body.GoOn(); // a client notices at its next write
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => sending);
            await platform.Apis[0].StartAsync();
        }
        Assert.Equal(0, (await Platform.ReadAsync(await other.GetAsync("api/v1/recordings"), 200)).GetProperty("total").GetInt32());

        var id = await Platform.UploadAsync(other, media);
        await platform.WaitForAsync(other, id, "ready");
        using var again = await platform.SignInAsync("admin");
        Assert.Equal(media, await again.GetByteArrayAsync($"api/v1/recordings/{id}/download"));
        await Books.AssertBalancedAsync(platform);
        Assert.Single(await platform.QueryAsync("select id from recordings"));
    }

    [Fact]
    public async Task An_api_killed_between_the_object_and_its_row_leaves_neither()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Apis = 2, Workers = 1, Environment = Quick.Leases });
        using var client = await platform.SignInAsync("admin");
        using var other = await platform.SignInAsync("admin", api: 1);
        using var body = new HaltingUpload(SampleMedia.Speech, SampleMedia.Speech.Length / 2);
        var sending = client.PostAsync("api/v1/recordings", body.Content);
        await body.Halted;
        await Until.TrueAsync(async () => await platform.QueryAsync("select id from objects where state = 'writing'") is [_], TimeSpan.FromSeconds(30), "the object's row is there");
        await using (var held = await HeldLock.TakeAsync(platform, "lock table objects in share mode"))
        {
            body.GoOn();
            await held.StopsAsync("update objects");
            // The whole object is in the store, and nothing that was committed knows a recording.
            Assert.Single(Directory.GetFiles(platform.StoreFolder, "*@", SearchOption.AllDirectories));
            await platform.Apis[0].KillAsync();
        }
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => sending);
        Assert.Empty(await platform.QueryAsync("select id from recordings"));
        await Books.AssertBalancedAsync(platform);
        Assert.Empty(Directory.GetFiles(platform.StoreFolder, "*@", SearchOption.AllDirectories));
        await Platform.UploadAsync(other, SampleMedia.Speech);
        await Books.AssertBalancedAsync(platform);
    }

    [Fact]
    public async Task Reports_that_a_killed_api_had_answered_are_kept_and_none_makes_two_calls()
    {
        const int turns = 3;
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Environment = Quick.Leases });
        using var admin = await platform.SignInAsync("admin");
        var spool = Directory.CreateDirectory(Path.Combine(platform.Folder, "spool"));
        var (_, secret) = await WebhookSender.AddSourceAsync(admin, "pbx", "freepbx", spool.FullName);
        var reporters = new Reporters(new WebhookSender(platform.Anonymous, "webhooks/freepbx", secret));
        for (var turn = 0; turn < turns; turn++)
        {
            var (held, restarted) = (new TaskCompletionSource(), new TaskCompletionSource());
            var before = reporters.Answered;
            var reporting = reporters.ReportAsync(turn, held.Task, restarted.Task);
            await Until.TrueAsync(() => Task.FromResult(reporters.Answered > before), TimeSpan.FromSeconds(60), "reports are answered");
            await using (var commits = await HeldLock.TakeAsync(platform, "lock table raw_events in share mode"))
            {
                // Nothing more can be answered, so that the api has a report of every sender in hand when it dies.
                held.SetResult();
                await commits.StopsAsync("insert into raw_events");
                await Until.TrueAsync(() => Task.FromResult(reporters.UnderWay == Reporters.Senders), TimeSpan.FromSeconds(60), "every sender waits for its answer");
                await platform.Apis[0].KillAsync();
            }
            // What the database had been told it may still commit, with nobody left to answer: the second delivery meets it.
            await platform.Apis[0].StartAsync();
            restarted.SetResult();
            await reporting;
        }
        Assert.True(reporters.Broken >= turns, $"{reporters.Broken} reports were cut off.");

        var reported = reporters.Calls.Order(StringComparer.Ordinal).ToList();
        Assert.Equal([$"{reported.Count}"], await platform.QueryAsync("select count(*) from raw_events"));
        await Until.TrueAsync(async () => await platform.QueryAsync("select id from raw_events where state = 'received'") is [], TimeSpan.FromSeconds(120), "every report is applied");
        Assert.Equal(reported, await platform.QueryAsync("select c.external_id collate \"C\" as reported from raw_events e join conversations c on c.id = e.conversation_id where e.state = 'applied' order by reported"));
        Assert.Equal(reported, await platform.QueryAsync("select external_id collate \"C\" as reported from conversations order by reported"));
    }

    [Fact]
    public async Task Apis_killed_in_turn_under_load_lose_nothing_that_was_acknowledged()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Apis = 2, Workers = 2, Environment = Quick.Leases });
        await using var traffic = await Traffic.StartAsync(platform);
        for (var turn = 0; turn < 4; turn++)
        {
            await traffic.FlowsAsync(5);
            await platform.Apis[turn % 2].KillAsync();
            await platform.Apis[turn % 2].StartAsync();
        }
        await traffic.FlowsAsync(5);
        await traffic.EndAsync();
        Assert.NotEqual(0, traffic.Broken);
        traffic.AssertNobodyWasMisled();
        Assert.Equal(HttpStatusCode.OK, (await platform.Anonymous.GetAsync("alive")).StatusCode);
        await traffic.AssertNothingIsLostAsync();
        await Books.AssertBalancedAsync(platform);
    }

    /// <summary>A PBX with many calls at once: reports each until it is answered, and never again.</summary>
    sealed class Reporters(WebhookSender pbx)
    {
        public const int Senders = 32;
        // In a turn; half of them before the api is held.
        const int CallsEach = 4;
        // The first breaks with the api; a few more may find a connection of before.
        const int Attempts = 10;

        static readonly DateTimeOffset Began = DateTimeOffset.UtcNow.AddMinutes(-3);

        readonly ConcurrentDictionary<string, string> _answers = new(StringComparer.Ordinal);
        int _underWay;
        int _broken;

        /// <summary>The ids of those that were answered.</summary>
        public ICollection<string> Calls => _answers.Keys;

        public int Answered => _answers.Count;

        public int UnderWay => Volatile.Read(ref _underWay);

        public int Broken => Volatile.Read(ref _broken);

        /// <summary>One turn of every sender.</summary>
        /// <param name="turn">Makes its calls others than those of the last.</param>
        /// <param name="held">The second half waits for it.</param>
        /// <param name="restarted">Whoever was cut off waits for it.</param>
        public Task ReportAsync(int turn, Task held, Task restarted) => Task.WhenAll(Enumerable.Range(turn * Senders, Senders).Select(async sender =>
        {
            for (var call = 0; call < CallsEach; call++)
            {
                if (call == CallsEach / 2)
                    await held;
                await DeliverAsync($"{sender}.{call}", restarted);
            }
        }));

        async Task DeliverAsync(string id, Task restarted)
        {
            var body = JsonSerializer.Serialize(new { @event = "call_started", uniqueid = id, direction = "inbound", from = "+442079460131", to = "201", started_at = Began });
            for (var attempt = 1; ; attempt++)
            {
                Interlocked.Increment(ref _underWay);
                try
                {
                    var (status, said) = await pbx.SendAsync(pbx.Sign(body));
                    Assert.True(status is 200 or 202, $"The report of call {id} was answered {status} {said}.");
                    Assert.True(_answers.TryAdd(id, said), $"Call {id} was reported again after it was answered.");
                    return;
                }
                catch (HttpRequestException) when (attempt < Attempts)
                {
                    Interlocked.Increment(ref _broken);
                }
                finally
                {
                    Interlocked.Decrement(ref _underWay);
                }
                await restarted;
            }
        }
    }
}
