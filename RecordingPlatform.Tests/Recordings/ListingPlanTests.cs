using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Operations;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Recordings;

/// <summary>How the very statements behind lists are executed over a million rows (a hundredth without --scale), for every filter and role.</summary>
public sealed class ListingPlanTests(ListingPlanTests.Million million) : IClassFixture<ListingPlanTests.Million>
{
    static readonly string[] Big = ["recordings", "conversations", "participants", "appointments"];

    public static readonly TheoryData<string> Roles = ["admin", "clinician", "clinician of failures", "clinician of many", "operator", "patient", "source_key", "plain_key"];

    static readonly (string Name, RecordingFilter Filter)[] Filters =
    [
        ("nothing", new()),
        ("status ready", new() { Status = "ready" }),
        ("status failed", new() { Status = "failed" }),
        ("status uploaded", new() { Status = "uploaded" }),
        ("status processing", new() { Status = "processing" }),
        ("status deleted", new() { Status = "deleted" }),
        ("meeting", new() { MeetingId = "room-12" }),
        ("call", new() { CallId = "call-4711" }),
        ("source", new() { Source = "pbx" }),
        ("phone", new() { Participant = "+4930000471" }),
        ("identity", new() { Participant = "person-12" }),
        ("subject", new() { SubjectId = Million.SomeSubject }),
        ("from, to", new() { From = Million.Newest.AddDays(-40), To = Million.Newest.AddDays(-39) }),
        ("rare words", new() { Text = "zebra12" }),
        ("common words", new() { Text = "conversation" }),
        ("video", new() { HasVideo = true }),
        ("ids", new() { Ids = Million.SomeRecordings }),
        ("ready and words", new() { Status = "ready", Text = "call-471", From = Million.Newest.AddDays(-300) }),
    ];

    [Theory, MemberData(nameof(Roles))]
    public async Task No_list_reads_a_big_table_from_end_to_end(string role)
    {
        foreach (var (name, filter) in Filters)
        {
            foreach (var plan in await million.PlansAsync(filter, Million.CallerOf(role), cursor: null))
            {
                var scanned = plan.Nodes.Where(n => n.Type == "Seq Scan" && Big.Contains(n.Table)).Select(n => n.Table);
                Assert.True(!scanned.Any(), $"{role}, {name}: reads all of {string.Join(", ", scanned)}:\n{plan.Sql}\n{plan.Text}");
            }
        }
    }

    /// <summary>
    /// What a page needs: of each part (four at most: own, granted, and two of the role) 21 rows in order, and each of them
    /// looked up in the two tables a filter joins, some 250. What else may be read whole, where the planner finds it cheaper, is
    /// what can be only so many: a status that 2,000 have, a day of 2,787, the 500 conversations with one phone number and
    /// what hangs on them, or the 5,000 that a key has left below the cursor.
    /// </summary>
    const int PageReads = 6_000;

    /// <summary>
    /// Words are read in order until the page is full or found by their letters, whichever the planner thinks is less: the rare
    /// ones are in one recording of 1,760, so 21 of them are among 37,000.
    /// </summary>
    const int PageReadsOfWords = 50_000;

    [Theory, MemberData(nameof(Roles))]
    public async Task A_page_reads_no_more_than_it_needs_wherever_it_lies(string role)
    {
        var (halfWay, deep) = (await million.DeepAsync(0.5), await million.DeepAsync(0.9));
        var places = new (string Name, RecordingCursor? Cursor, bool Back)[] { ("first", null, false), ("half way", halfWay, false), ("deep", deep, false), ("back from half way", halfWay, true), ("back from deep", deep, true) };
        var tooMany = new List<string>();
        foreach (var (name, filter) in Filters)
        {
            foreach (var (place, cursor, back) in places)
            {
                var plans = await million.PlansAsync(filter, Million.CallerOf(role), cursor, back);
                var page = plans[0];
                TestContext.Current.SendDiagnosticMessage("{0}, {1}, {2}: {3} rows and {4:0.0} ms, counted in {5} rows and {6:0.0} ms", role, name, place, page.Rows, page.Milliseconds, plans[1].Rows, plans[1].Milliseconds);
                if (page.Rows > (filter.Text is null ? PageReads : PageReadsOfWords))
                    tooMany.Add($"{role}, {name}, {place}: {page.Rows} rows:\n{page.Sql}\n{page.Text}");
            }
        }
        Assert.True(tooMany.Count == 0, string.Join("\n\n", tooMany));
    }

    /// <summary>
    /// The overview's count is the newest of each part in order, no more than it is allowed of each, and the few of a source with
    /// their session looked up.
    /// </summary>
    [Theory, MemberData(nameof(Roles))]
    public async Task The_overviews_count_reads_the_two_weeks_of_what_its_reader_sees_and_nothing_else(string role)
    {
        var plan = await million.TallyPlanAsync(Million.CallerOf(role));
        TestContext.Current.SendDiagnosticMessage("{0}: {1} rows and {2:0.0} ms\n{3}", role, plan.Rows, plan.Milliseconds, plan.Text);
        Assert.DoesNotContain(plan.Nodes, n => n.Type == "Seq Scan" && Big.Contains(n.Table));
        Assert.True(plan.Rows <= Million.WithinTwoWeeks * 6, $"{role} reads {plan.Rows} rows for the {Million.WithinTwoWeeks} of two weeks:\n{plan.Sql}\n{plan.Text}");
        // Without the table, where a vacuum has seen its pages.
        if (role == "admin")
            Assert.Contains(plan.Nodes, n => n is { Type: "Index Only Scan" or "Index Scan", Table: "recordings" });
    }

    public sealed record Node(string Type, string? Table, double Rows);

    public sealed record Plan(string Sql, string Text, IReadOnlyList<Node> Nodes, double Milliseconds)
    {
        public double Rows => Nodes.Where(n => n.Table is not null).Sum(n => n.Rows);
    }

    public sealed class Million : IAsyncLifetime
    {
        public static readonly DateTimeOffset Newest = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
        public static readonly Guid SomeSubject = IdOf(7, 2);
        public static readonly Guid[] SomeRecordings = [.. Enumerable.Range(1, 100).Select(n => IdOf(2, n * 90))];
        static readonly Guid Pbx = IdOf(3, 1), PlainKey = IdOf(4, 1), SourceKey = IdOf(4, 2), Clinician = IdOf(5, 1), ClinicianOfFailures = IdOf(5, 21), ClinicianOfMany = IdOf(5, 401), Patient = IdOf(5, 2), Operator = IdOf(5, 3);
        public static readonly long Count = Scale.Of(1_000_000);
        static readonly bool Whole = Count == 1_000_000;

        // Of its own: filling it takes minutes, and a transaction open so long holds back the events of every database beside it.
        readonly PostgresCluster _cluster = new();
        readonly Captured _captured = new();
        TestDatabase _database = null!;
        NpgsqlDataSource _source = null!;

        public static Caller CallerOf(string role) => new()
        {
            Kind = role.EndsWith("key", StringComparison.Ordinal) ? ActorKind.ApiKey : ActorKind.User,
            UserId = role switch { "clinician" => Clinician, "clinician of failures" => ClinicianOfFailures, "clinician of many" => ClinicianOfMany, "patient" => Patient, "operator" => Operator, "admin" => IdOf(5, 4), _ => null },
            ApiKeyId = role switch { "plain_key" => PlainKey, "source_key" => SourceKey, _ => null },
            SourceId = role == "source_key" ? Pbx : null,
            Roles = role switch { "plain_key" => new HashSet<string>(), "source_key" => new HashSet<string> { Role.Integration }, _ => new HashSet<string> { role.Split(' ')[0] } },
            Permissions = new HashSet<string>(),
        };

        static Guid IdOf(int kind, int number) => Guid.Parse($"{kind:x8}-0000-7000-8000-{number:x12}");

        public async ValueTask InitializeAsync()
        {
            _database = await _cluster.CreateDatabaseAsync();
            _source = DatabaseSetup.BuildDataSource(_database.App);
            await FillAsync();
        }

        /// <summary>The plans of the page and of the count, as the statements of the search were executed.</summary>
        public Task<List<Plan>> PlansAsync(RecordingFilter filter, Caller caller, RecordingCursor? cursor, bool back = false) => PlansAsync(2, async db =>
        {
            var search = new RecordingSearch(db);
            await (back ? search.PageBeforeAsync(filter, caller, cursor!.Value, 20, default) : search.PageAsync(filter, caller, cursor, 0, 20, default));
            await search.CountAsync(filter, caller, default);
        });

        /// <summary>Recordings of the overview's two weeks, as one conversation begins every 31 seconds.</summary>
        public static double WithinTwoWeeks => Math.Min(Count, TimeSpan.FromDays(14) / TimeSpan.FromSeconds(31));

        public async Task<Plan> TallyPlanAsync(Caller caller)
        {
            var calendar = new OverviewDays(TimeZoneInfo.Utc, Newest);
            // The second reads the names of the sources.
            return (await PlansAsync(2, db => new RecordingTally(db).CountAsync(caller, calendar.Bounds, calendar.End, default)))[0];
        }

        /// <summary>The plans of the statements that a question asks, as they were executed.</summary>
        public async Task<List<Plan>> PlansAsync(int statements, Func<RecordingDb, Task> run)
        {
            var options = new DbContextOptionsBuilder<RecordingDb>();
            DatabaseSetup.Configure(options, _source);
            options.AddInterceptors(_captured);
            await using var db = new RecordingDb(options.Options);
            _captured.Commands.Clear();
            await run(db);
            Assert.Equal(statements, _captured.Commands.Count);
            var plans = new List<Plan>();
            foreach (var (sql, parameters) in _captured.Commands.ToList())
                plans.Add(await ExplainAsync(sql, parameters));
            return plans;
        }

        public async Task<RecordingCursor> DeepAsync(double part)
        {
            var (at, id) = await DeepAsync(part, "recordings", "recorded_at");
            return new RecordingCursor(at, id);
        }

        /// <summary>A place in the order of a table.</summary>
        public async Task<TimeCursor> DeepAsync(double part, string table, string column)
        {
            await using var command = _source.CreateCommand($"select {column}, id from {table} order by {column} desc, id desc offset $1 limit 1");
            command.Parameters.Add(new() { Value = (long)(Count * part) });
            await using var reader = await command.ExecuteReaderAsync();
            await reader.ReadAsync();
            return new TimeCursor(reader.GetFieldValue<DateTimeOffset>(0), reader.GetGuid(1));
        }

        async Task<Plan> ExplainAsync(string sql, List<NpgsqlParameter> parameters)
        {
            await using var connection = await _source.OpenConnectionAsync();
            // A hundredth fits into a few pages, which are rightly read from end to end: there only what could do otherwise shows.
            await using (var planner = new NpgsqlCommand(Whole ? "select 1" : "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off", connection))
                await planner.ExecuteNonQueryAsync();
            await using var explain = new NpgsqlCommand("explain (analyze, format json) " + sql, connection);
            foreach (var parameter in parameters)
                explain.Parameters.Add(parameter.Clone());
            var text = (string)(await explain.ExecuteScalarAsync())!;
            var root = JsonSerializer.Deserialize<JsonElement>(text)[0];
            List<Node> nodes = [.. Walk(root.GetProperty("Plan"))];
            return new Plan(sql, string.Join('\n', nodes.Select(n => $"{n.Type} {n.Table} {n.Rows:0}")), nodes, root.GetProperty("Execution Time").GetDouble());
        }

        static IEnumerable<Node> Walk(JsonElement node)
        {
            double Number(string name) => node.TryGetProperty(name, out var value) ? value.GetDouble() : 0;
            var rows = (Number("Actual Rows") + Number("Rows Removed by Filter") + Number("Rows Removed by Index Recheck")) * Number("Actual Loops");
            yield return new Node(node.GetProperty("Node Type").GetString()!, node.TryGetProperty("Relation Name", out var table) ? table.GetString() : null, rows);
            if (!node.TryGetProperty("Plans", out var below))
                yield break;
            foreach (var inner in below.EnumerateArray().SelectMany(Walk))
                yield return inner;
        }

        // One conversation in three is a session; calls are rare but in the oldest tenth, alarms everywhere. One clinician held
        // one session in 20; what another held failed, all but one in 20. States have no other connection with anything. The
        // patient has one session in ten. Deterministic throughout.
        async Task FillAsync()
        {
            var n = Count.ToString(CultureInfo.InvariantCulture);
            var newest = Newest.ToString("O", CultureInfo.InvariantCulture);
            var spread = Math.Max(2, Count / 500).ToString(CultureInfo.InvariantCulture);
            await using var connection = new NpgsqlConnection(_database.Owner + ";Pooling=false;Command Timeout=1800");
            await connection.OpenAsync();
            await using var fill = new NpgsqlCommand($"""
                create function pg_temp.made(kind int, n bigint) returns uuid language sql immutable as
                    $$ select (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
                insert into sources (id, name, kind) values ('{Pbx}', 'pbx', 'freepbx');
                insert into users (id, email_confirmed, phone_number_confirmed, two_factor_enabled, lockout_enabled, access_failed_count, display_name)
                    select pg_temp.made(5, n), true, false, false, true, 0, 'User ' || n from generate_series(1, 500) n;
                insert into api_keys (id, name, prefix, key_hash, scopes) select pg_temp.made(4, n), 'key ' || n, 'k', sha256(n::text::bytea), '{"{}"}' from generate_series(1, 20) n;
                insert into subjects (id, user_id) select pg_temp.made(7, n), case when n = 1 then '{Patient}'::uuid end from generate_series(1, 5000) n;
                insert into appointments (id, external_id, subject_id, clinician_id, starts_at)
                    select pg_temp.made(8, n), 'appointment-' || n, pg_temp.made(7, 1 + n % 5000), pg_temp.made(5, case when n % 5 = 1 then 401 else 1 + 10 * (n % 50) end), '{newest}' from generate_series(1, {n} / 4) n;
                alter table conversations disable trigger user;
                alter table participants disable trigger user;
                insert into conversations (id, source_id, external_id, kind, direction, caller_phone, receiver_phone, meeting_id, started_at, appointment_id)
                    select pg_temp.made(1, n), case when n % 5 = 0 then '{Pbx}'::uuid else '0190a000-0000-7000-8000-000000000001'::uuid end, 'call-' || n,
                        case when n % 3 = 0 then 'session' when n % 1000 = 1 then 'alarm' when n % 500 = 2 or n > {n} * 0.9 then 'call' when n % 8 = 0 then 'meeting' else 'other' end,
                        case when n % 5000 = 7 then 'internal' when n % 3 = 0 then 'none' else 'inbound' end,
                        '+4930' || lpad((n * 7919 % {spread})::text, 6, '0'), '+4989' || lpad((n * 104729 % {spread})::text, 6, '0'), case when n % 3 = 0 then 'room-' || n % {spread} end,
                        '{newest}'::timestamptz - n * interval '31 seconds', case when n % 12 = 0 then pg_temp.made(8, n / 4) end
                    from generate_series(1::bigint, {n}) n;
                insert into participants (id, conversation_id, identity, display_name, phone, user_id)
                    select pg_temp.made(6, n), pg_temp.made(1, n), 'person-' || n % {spread}, 'Person ' || n % {spread}, '+4940' || n % {spread}, case when n % 3 = 0 then pg_temp.made(5, 1 + n / 3 % 500) end
                    from generate_series(1::bigint, {n}) n;
                alter table conversations enable trigger user;
                alter table participants enable trigger user;
                update conversations set search_text = null;
                alter table recordings disable trigger user;
                insert into recordings (id, conversation_id, conversation_kind, source_id, external_id, state, processing_started_at, title, subject_id, appointment_id, uploaded_by_user_id, uploaded_by_key_id, recorded_at, deleted_at, search_text, video_codec)
                    select pg_temp.made(2, n), c.id, c.kind, c.source_id, 'r-' || n,
                        case when n % 12 = 0 and n / 4 % 50 = 2 then case when chance < 950 then 'failed' else 'ready' end
                            when chance < 10 then 'failed' when chance < 20 then 'stored' when chance < 30 then 'damaged' else 'ready' end,
                        case when chance in (10, 11) then '{newest}'::timestamptz end,
                        t.title, case when c.kind = 'session' then pg_temp.made(7, case when n % 30 = 0 then 1 else 1 + n / 3 % 5000 end) end, case when n % 12 = 0 then pg_temp.made(8, n / 4) end,
                        case when n % 7 = 0 then pg_temp.made(5, 1 + n / 7 % 500) end, case when n % 5 = 0 then pg_temp.made(4, 1 + n / 5 % 20) end, c.started_at,
                        case when chance between 500 and 519 then '{newest}'::timestamptz end, concat_ws(E'\n', t.title, c.external_id, c.meeting_id, c.caller_phone, c.receiver_phone), case when n % 60 = 0 then 'h264' end
                    from generate_series(1::bigint, {n}) n
                    cross join lateral (select (hashint8(n) & 2147483647) % 1000 as chance, case when n % 97 = 0 then 'zebra' || n % {spread} || ' about nothing' else 'A conversation of day ' || n / 2787 end as title) t
                    join conversations c on c.id = pg_temp.made(1, n);
                alter table recordings enable trigger user;
                insert into attendances select a.* from recordings r cross join lateral attendances_of(r.id) a where r.conversation_kind = 'session';
                insert into conversation_viewers select v.* from conversations c cross join lateral viewers_of_conversation(c.id) v where c.kind = 'session';
                insert into conversation_viewers select v.* from recordings r cross join lateral viewers_of_recording(r.id) v where r.deleted_at is null;
                insert into expectations (id, conversation_id, source_id, medium, state, due_at, recording_id)
                    select pg_temp.made(10, n), c.id, c.source_id, 'audio', case when n % 2000 = 4 then 'late' when n % 1000 = 8 then 'absent' when n <= 20 then 'expected' else 'received' end,
                        c.started_at + interval '10 minutes', case when n > 20 then pg_temp.made(2, n) end
                    from generate_series(2::bigint, {n}, 2) n join conversations c on c.id = pg_temp.made(1, n);
                insert into grants (id, recording_id, user_id, play, download)
                    select pg_temp.made(9, n), pg_temp.made(2, 1 + n * 97 % {n}), pg_temp.made(5, 1 + n % 500), true, false from generate_series(1, {n} / 50) n;
                """, connection);
            await fill.ExecuteNonQueryAsync();
            await using var settle = new NpgsqlCommand("vacuum analyze", connection);
            await settle.ExecuteNonQueryAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await _source.DisposeAsync();
            await _cluster.DisposeAsync();
        }

        sealed class Captured : DbCommandInterceptor
        {
            public List<(string Sql, List<NpgsqlParameter> Parameters)> Commands { get; } = [];

            public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
            {
                Commands.Add((command.CommandText, [.. command.Parameters.Cast<NpgsqlParameter>().Select(p => p.Clone())]));
                return base.ReaderExecutingAsync(command, eventData, result, cancellationToken);
            }
        }
    }
}
