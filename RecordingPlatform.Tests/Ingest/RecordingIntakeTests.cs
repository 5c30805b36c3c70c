using System.Runtime.Versioning;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Keys;
using RecordingPlatform.Tests.Storage;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Ingest;

[SupportedOSPlatform("linux")]
public sealed class RecordingIntakeTests(PostgresCluster cluster)
{
    static CancellationToken Ct => KeyRig.Ct;

    [Theory]
    [InlineData(null, null)]
    [InlineData("new patient", null)]
    [InlineData("known patient", null)]
    [InlineData(null, "appointment of the known patient")]
    public async Task While_the_key_service_takes_its_time_no_transaction_is_open(string? subject, string? appointment)
    {
        await using var desk = await Desk.OpenAsync(cluster);
        await desk.Rig.ExecuteAsync("""
            insert into subjects (id, external_id) values (gen_random_uuid(), 'known patient');
            insert into appointments (id, external_id, subject_id, starts_at) select gen_random_uuid(), 'appointment of the known patient', id, app_now() from subjects;
            """);
        var answer = new TaskCompletionSource();
        desk.Rig.Fault.Slow = answer.Task;
        var taking = desk.TakeAsync(new IntakeFields { SubjectId = subject, AppointmentId = appointment, CallId = "a call" });
        await Until.TrueAsync(() => Task.FromResult(desk.Rig.Fault.Calls > 0 || taking.IsCompleted), TimeSpan.FromSeconds(30), "the key service is asked");
        Assert.False(taking.IsCompleted);
        Assert.Equal(0, await desk.OpenTransactionsAsync());
        var asked = desk.Rig.Fault.Calls;

        answer.SetResult();
        var recording = Assert.IsType<IntakeResult.Accepted>(await taking).Recording;
        Assert.Equal(subject is not null || appointment is not null, recording.SubjectId is not null);
        // It foresaw whose key it would be: nothing was asked for again, and no other owner got one.
        Assert.Equal(asked, desk.Rig.Fault.Calls);
        Assert.Equal($"{recording.KeyOwner.Id}", await desk.Rig.ScalarAsync<string>("select string_agg(owner_id::text, ' ') from owner_keys"));
        await desk.Rig.ReadAsync(desk.Rig.NewReplica(), await desk.Rig.ScalarAsync<Guid>("select id from data_keys"));
    }

    [Fact]
    public async Task Of_two_that_make_one_subject_known_at_once_both_are_taken()
    {
        await using var desk = await Desk.OpenAsync(cluster);
        var answer = new TaskCompletionSource();
        desk.Rig.Fault.Slow = answer.Task;
        var both = Enumerable.Range(0, 2).Select(_ => desk.TakeAsync(new IntakeFields { SubjectId = "new patient" })).ToList();
        await Until.TrueAsync(() => Task.FromResult(desk.Rig.Fault.Calls > 0), TimeSpan.FromSeconds(30), "the key service is asked");
        answer.SetResult();
        var taken = await Task.WhenAll(both);
        Assert.Single(taken.Select(t => Assert.IsType<IntakeResult.Accepted>(t).Recording.SubjectId).Distinct());
        Assert.Equal(2, await desk.Rig.CountAsync("data_keys d join owner_keys o on o.id = d.owner_key_id join subjects s on s.id = o.owner_id"));
    }

    [Fact]
    public async Task What_will_be_refused_asks_for_no_key()
    {
        await using var desk = await Desk.OpenAsync(cluster);
        Assert.IsType<IntakeResult.Unknown>(await desk.TakeAsync(new IntakeFields { SubjectId = $"{Guid.CreateVersion7()}" }));
        Assert.Equal((0, 0), (desk.Rig.Fault.Calls, await desk.Rig.CountAsync("owner_keys")));
    }

    /// <summary>Where recordings come in: a database, a store, and a replica that holds no key yet.</summary>
    sealed class Desk : IAsyncDisposable
    {
        readonly DiskContainer _container = new();
        readonly ServiceProvider _services;
        readonly ObjectWriter _writer;

        Desk(KeyRig rig)
        {
            Rig = rig;
            _services = new ServiceCollection().AddRecordingDb(rig.Database.App).BuildServiceProvider();
            var databases = _services.GetRequiredService<IDbContextFactory<RecordingDb>>();
            var store = _container.Open();
            _writer = new ObjectWriter(store, rig.NewReplica(), databases, new ObjectSweeper(store, databases), TimeProvider.System, NullLogger<ObjectWriter>.Instance);
        }

        public KeyRig Rig { get; }

        public static async Task<Desk> OpenAsync(PostgresCluster cluster) => new(await KeyRig.StartAsync(cluster));

        public async Task<IntakeResult> TakeAsync(IntakeFields fields)
        {
            await using var original = await _writer.BeginAsync(new ObjectDraft { OwnerKind = OwnerKind.Recording, OwnerId = Guid.CreateVersion7(), Role = ObjectRole.Original }, Ct);
            await original.WriteAsync(SampleMedia.Speech, Ct);
            await original.CompleteAsync(Ct);
            await using var db = Rig.NewDb();
            return await new RecordingIntake(db, new AuditTrail(db)).AcceptAsync(original, Source.UploadId, fields, MediaRecognition.Recognise(SampleMedia.Speech)!, Caller.System, Ct);
        }

        /// <summary>Of programs, other than the one that looks.</summary>
        public async Task<long> OpenTransactionsAsync()
        {
            // Only a superuser sees what other logins do.
            await using var command = Rig.Administrator.CreateCommand(
                "select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and xact_start is not null and pid <> pg_backend_pid()");
            return (long)(await command.ExecuteScalarAsync(Ct))!;
        }

        public async ValueTask DisposeAsync()
        {
            await _services.DisposeAsync();
            _container.Dispose();
            await Rig.DisposeAsync();
        }
    }
}
