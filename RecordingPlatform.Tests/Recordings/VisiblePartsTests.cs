using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Recordings;

/// <summary>Lists go by what the database keeps for them, everything else by the truth: both show the same, whatever happened.</summary>
public sealed class VisiblePartsTests(PostgresCluster cluster)
{
    static readonly string[] Kinds = ["call", "session", "session", "session", "meeting", "alarm", "other"];
    static readonly string[] States = ["receiving", "stored", "ready", "failed", "damaged", "absent"];
    static readonly string[] Roles = [Role.Clinician, Role.Operator, Role.Patient, Role.PracticeManager];
    const int Users = 6, Conversations = 12, Recordings = 30, Appointments = 8;

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public async Task A_list_shows_exactly_what_can_be_seen_one_by_one(int seed)
    {
        var random = new Random(seed);
        var database = await cluster.CreateDatabaseAsync();
        await using var source = DatabaseSetup.BuildDataSource(database.App);
        var options = new DbContextOptionsBuilder<RecordingDb>();
        DatabaseSetup.Configure(options, source);
        await using var db = new RecordingDb(options.Options);
        await ExecuteAsync(source, Beginning);
        for (var round = 0; round < 5; round++)
        {
            for (var change = 0; change < 25; change++)
                await ExecuteAsync(source, Change(random));
            foreach (var caller in Callers())
                await CompareAsync(db, caller, $"seed {seed}, round {round}");
        }
        // The owner's alone, as the application only disables accounts.
        await using var owner = NpgsqlDataSource.Create(database.Owner);
        await ExecuteAsync(owner, $"delete from users where id = '{Id(5, 1)}'");
        foreach (var caller in Callers())
            await CompareAsync(db, caller, $"seed {seed}, a user deleted");
    }

    [Fact]
    public async Task A_recording_and_a_participant_that_arrive_together_do_not_miss_each_other()
    {
        var database = await cluster.CreateDatabaseAsync();
        await using var source = DatabaseSetup.BuildDataSource(database.App);
        await ExecuteAsync(source, Beginning);
        await ExecuteAsync(source, $"update conversations set kind = 'session' where id = '{Id(1, 1)}'");
        await using var one = await source.OpenConnectionAsync();
        await using var other = await source.OpenConnectionAsync();
        await using var first = await one.BeginTransactionAsync();
        await using (var join = new NpgsqlCommand($"insert into participants (id, conversation_id, user_id) values (gen_random_uuid(), '{Id(1, 1)}', '{Id(5, 1)}')", one))
            await join.ExecuteNonQueryAsync();
        await using var record = new NpgsqlCommand($"insert into recordings (id, conversation_id, source_id, external_id, state, recorded_at) select '{Id(2, 99)}', id, source_id, 'late', 'ready', now() from conversations where id = '{Id(1, 1)}'", other);
        var recording = record.ExecuteNonQueryAsync();
        await Until.TrueAsync(async () => recording.IsCompleted || await CountAsync(source, $"select count(*) from pg_stat_activity where pid = {other.ProcessID} and wait_event_type = 'Lock'") == 1,
            TimeSpan.FromSeconds(30), "the recording waits for the participant or is there");
        await first.CommitAsync();
        await recording;
        Assert.Equal(1, await CountAsync(source, $"select count(*) from attendances where user_id = '{Id(5, 1)}' and recording_id = '{Id(2, 99)}'"));
    }

    static async Task CompareAsync(RecordingDb db, Caller caller, string when)
    {
        var visible = await db.Recordings.AsNoTracking().VisibleTo(caller).ToListAsync();
        var named = new RecordingSearch(db);
        for (var number = 1; number <= 4; number++)
        {
            var page = await named.PageAsync(new() { CallId = $"call-{number}" }, caller, null, 0, 100, default);
            Assert.Equal(visible.Where(r => r.ConversationId == Id(1, number) && r.DeletedAt is null).Select(r => r.Id).Order(), page.Ids.Order());
        }
        foreach (var (status, pictures) in RecordingStatus.All.Prepend(null).Select(s => (s, false)).Append((null, true)).Append(("ready", true)))
        {
            var filter = new RecordingFilter { Status = status, HasVideo = pictures };
            var expected = visible.Where(r => status is null ? r.DeletedAt is null : RecordingStatus.Of(r) == status).Where(r => !pictures || r.VideoCodec is not null)
                .OrderByDescending(r => r.RecordedAt).ThenByDescending(r => r.Id.ToString(), StringComparer.Ordinal).Select(r => r.Id);
            var search = new RecordingSearch(db);
            var listed = new List<Guid>();
            RecordingCursor? cursor = null;
            do
            {
                var page = await search.PageAsync(filter, caller, cursor, 0, 7, default);
                listed.AddRange(page.Ids);
                cursor = page.Next;
            }
            while (cursor is not null);
            Assert.True(expected.SequenceEqual(listed), $"{when}, {string.Join(", ", caller.Roles)} {caller.UserId}, status {status}, pictures {pictures}:\nvisible {string.Join(' ', expected)}\nlisted  {string.Join(' ', listed)}");
            Assert.Equal(listed.Count, await search.CountAsync(filter, caller, default));
        }
        await CompareHistoryAsync(db, caller, when);
    }

    static async Task CompareHistoryAsync(RecordingDb db, Caller caller, string when)
    {
        var visible = await db.ConversationsVisibleTo(caller).AsNoTracking().ToListAsync();
        foreach (var kind in (ConversationKind?[])[null, ConversationKind.Session])
        {
            var filter = new ConversationFilter { Kind = kind };
            var expected = visible.Where(c => kind is null || c.Kind == kind).OrderByDescending(c => c.StartedAt).ThenByDescending(c => c.Id.ToString(), StringComparer.Ordinal).Select(c => c.Id);
            var search = new ConversationSearch(db);
            var listed = new List<Guid>();
            TimeCursor? cursor = null;
            ConversationPage page;
            do
            {
                page = await search.PageAsync(filter, caller, cursor, 0, 5, default);
                listed.AddRange(page.Ids);
                cursor = page.Next;
            }
            while (cursor is not null);
            Assert.True(expected.SequenceEqual(listed), $"{when}, {string.Join(", ", caller.Roles)} {caller.UserId}, kind {kind}:\nvisible {string.Join(' ', expected)}\nlisted  {string.Join(' ', listed)}");
            Assert.Equal(listed.Count, await search.CountAsync(filter, caller, default));
            var back = page.Ids.Reverse().ToList();
            while (page.Previous is { } before)
            {
                page = await search.PageBeforeAsync(filter, caller, before, 5, default);
                back.AddRange(page.Ids.Reverse());
            }
            Assert.Equal(listed, back.AsEnumerable().Reverse());
        }
    }

    static IEnumerable<Caller> Callers() =>
    [
        .. Enumerable.Range(1, Users).SelectMany(user => Roles.Select(role => new Caller
        {
            Kind = ActorKind.User, UserId = Id(5, user), Roles = new HashSet<string> { role }, Permissions = new HashSet<string>(),
        })),
        new Caller { Kind = ActorKind.User, UserId = Id(5, 2), Roles = new HashSet<string> { Role.Clinician, Role.Operator, Role.Patient }, Permissions = new HashSet<string>() },
        new Caller { Kind = ActorKind.ApiKey, ApiKeyId = Id(4, 1), Roles = new HashSet<string>(), Permissions = new HashSet<string>() },
        new Caller { Kind = ActorKind.ApiKey, ApiKeyId = Id(4, 2), SourceId = Id(3, 1), Roles = new HashSet<string> { Role.Integration }, Permissions = new HashSet<string>() },
    ];

    static string Change(Random random)
    {
        string Some(int kind, int most) => $"'{Id(kind, random.Next(1, most + 1))}'";
        string Maybe(int kind, int most) => random.Next(3) == 0 ? "null" : Some(kind, most);
        string At() => $"'2026-01-01'::timestamptz + {random.Next(1, 12)} * interval '1 hour'";
        string Of(string[] words) => $"'{words[random.Next(words.Length)]}'";
        return random.Next(15) switch
        {
            0 or 1 => $"""
                insert into recordings (id, conversation_id, source_id, external_id, state, recorded_at, subject_id, appointment_id, uploaded_by_user_id, uploaded_by_key_id)
                values ({Some(2, Recordings)}, {Some(1, Conversations)}, '{Id(3, random.Next(1, 3))}', gen_random_uuid()::text, {Of(States)}, {At()}, {Maybe(7, 4)}, {Maybe(8, Appointments)}, {Maybe(5, Users)}, {Maybe(4, 2)})
                on conflict (id) do nothing
                """,
            2 => $"insert into participants (id, conversation_id, user_id) values ({Some(6, 25)}, {Some(1, Conversations)}, {Maybe(5, Users)}) on conflict (id) do update set user_id = excluded.user_id",
            3 => $"update participants set user_id = {Maybe(5, Users)}, conversation_id = {Some(1, Conversations)} where id = {Some(6, 25)}",
            4 => $"delete from participants where id = {Some(6, 25)}",
            5 => $"update conversations set kind = {Of(Kinds)} where id = {Some(1, Conversations)}",
            6 => $"update appointments set clinician_id = {Maybe(5, Users)} where id = {Some(8, Appointments)}",
            7 => $"update recordings set state = {Of(States)}, processing_started_at = {(random.Next(2) == 0 ? "null" : "now()")} where id = {Some(2, Recordings)}",
            8 => $"update recordings set deleted_at = {(random.Next(2) == 0 ? "null" : "now()")}, recorded_at = {At()} where id = {Some(2, Recordings)}",
            9 => $"update recordings set appointment_id = {Maybe(8, Appointments)}, conversation_id = {Some(1, Conversations)}, subject_id = {Maybe(7, 4)} where id = {Some(2, Recordings)}",
            10 => $"update recordings set video_codec = {(random.Next(2) == 0 ? "null" : "'h264'")} where id = {Some(2, Recordings)}",
            11 => $"insert into grants (id, recording_id, user_id, play, download, revoked_at, expires_at) select gen_random_uuid(), id, {Some(5, Users)}, true, false, {(random.Next(3) == 0 ? "now()" : "null")}, {(random.Next(3) == 0 ? "now()" : "null")} from recordings where id = {Some(2, Recordings)}",
            12 => $"update conversations set started_at = {At()} where id = {Some(1, Conversations)}",
            13 => $"update conversations set appointment_id = {Maybe(8, Appointments)} where id = {Some(1, Conversations)}",
            _ => $"update subjects set user_id = case when exists (select from subjects where user_id = x.u) then null else x.u end from (select {Maybe(5, Users)}::uuid as u) x where id = {Some(7, 4)}",
        };
    }

    static string Beginning => string.Create(CultureInfo.InvariantCulture, $"""
        create function pg_temp.made(kind int, n bigint) returns uuid language sql immutable as
            $$ select (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
        insert into sources (id, name, kind) select pg_temp.made(3, n), 'source-' || n, 'freepbx' from generate_series(1, 2) n;
        insert into users (id, email_confirmed, phone_number_confirmed, two_factor_enabled, lockout_enabled, access_failed_count, display_name)
            select pg_temp.made(5, n), true, false, false, true, 0, 'User ' || n from generate_series(1, {Users}) n;
        insert into api_keys (id, name, prefix, key_hash, scopes) select pg_temp.made(4, n), 'key ' || n, 'k', sha256(n::text::bytea), '{"{}"}' from generate_series(1, 2) n;
        insert into subjects (id) select pg_temp.made(7, n) from generate_series(1, 4) n;
        insert into appointments (id, external_id) select pg_temp.made(8, n), 'appointment-' || n from generate_series(1, {Appointments}) n;
        insert into conversations (id, source_id, external_id, kind, started_at)
            select pg_temp.made(1, n), pg_temp.made(3, 1), 'call-' || n, ('[0:6]={"{call,session,session,session,meeting,alarm,other}"}'::text[])[n % 7], '2026-01-01' from generate_series(1, {Conversations}) n;
        """);

    static Guid Id(int kind, int number) => Guid.Parse($"{kind:x8}-0000-7000-8000-{number:x12}");

    static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    static async Task<long> CountAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
