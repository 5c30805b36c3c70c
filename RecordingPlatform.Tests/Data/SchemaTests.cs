using Microsoft.EntityFrameworkCore;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Data;

public sealed class SchemaTests(PostgresCluster cluster)
{
    // Partitions repeat their parent's columns.
    const string Tables = "select c.oid from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition";

    [Fact]
    public async Task Every_column_says_what_it_tells_about_a_person()
    {
        var database = await cluster.CreateDatabaseAsync();
        var untagged = await ReadAsync(database.Owner, $"""
            select attrelid::regclass || '.' || attname from pg_attribute
            where attrelid in ({Tables}) and attnum > 0 and not attisdropped
              and coalesce(col_description(attrelid, attnum), '') !~ '^privacy: (none|pseudonymous|personal)$'
            """);
        Assert.Empty(untagged);
    }

    [Fact]
    public async Task The_model_maps_exactly_the_migrated_columns_and_keys()
    {
        var migrated = await cluster.CreateDatabaseAsync();
        var created = await cluster.CreateEmptyAsync();
        await using (var source = DatabaseSetup.BuildDataSource(created))
        {
            var options = new DbContextOptionsBuilder<RecordingDb>();
            DatabaseSetup.Configure(options, source);
            await using var db = new RecordingDb(options.Options);
            // Column defaults call functions that only migrations make.
            await ReadAsync(created, """
                create function app_now() returns timestamptz language sql stable as 'select now()';
                create function current_epoch() returns integer language sql stable as 'select 1';
                select 1::text
                """);
            await ReadAsync(created, db.Database.GenerateCreateScript() + "; select 1::text");
        }
        const string columns = """
            select format('%s.%s %s%s %s', table_name, column_name, udt_name, coalesce('(' || character_maximum_length || ')', ''),
                          case is_nullable when 'YES' then 'null' else 'not null' end)
            from information_schema.columns c
            where table_schema = 'public' and table_name <> 'schema_migrations'
              and not (select relispartition from pg_class where oid = format('public.%I', table_name)::regclass)
            """;
        const string keys = """
            select format('key of %s: %s', table_name, string_agg(column_name, ', ' order by ordinal_position))
            from information_schema.table_constraints t join information_schema.key_column_usage k using (constraint_schema, constraint_name, table_name)
            where constraint_type = 'PRIMARY KEY' and t.table_schema = 'public' and table_name <> 'schema_migrations'
              and not (select relispartition from pg_class where oid = format('public.%I', table_name)::regclass)
            group by table_name
            """;
        foreach (var query in (string[])[columns, keys])
        {
            var there = await ReadAsync(migrated.Owner, query);
            var mapped = await ReadAsync(created, query);
            Assert.NotEmpty(there);
            var drift = there.Except(mapped).Select(c => $"only in the migrations: {c}").Concat(mapped.Except(there).Select(c => $"only in the model: {c}"));
            Assert.Equal("", string.Join('\n', drift.Order()));
        }
    }

    [Theory]
    [InlineData("audit")]
    [InlineData("audit_leaves")]
    [InlineData("checkpoints")]
    [InlineData("events")]
    [InlineData("event_seq")]
    [InlineData("certificates")]
    public async Task Not_even_the_owner_can_change_what_is_append_only(string table)
    {
        var database = await cluster.CreateDatabaseAsync();
        var refused = await Assert.ThrowsAsync<PostgresException>(() => ReadAsync(database.Owner, $"truncate {table} cascade; select 1::text"));
        Assert.Contains("append-only", refused.MessageText, StringComparison.Ordinal);
        foreach (var privilege in (string[])["UPDATE", "DELETE", "TRUNCATE"])
        {
            var mayChange = await ReadAsync(database.App, $"select has_table_privilege('{table}', '{privilege}')::text");
            Assert.Equal(["false"], mayChange);
        }
    }

    [Fact]
    public async Task An_audit_row_cannot_be_rewritten_or_removed_once_written()
    {
        var database = await cluster.CreateDatabaseAsync();
        await ReadAsync(database.App, "insert into audit (action, outcome, actor_kind, leaf) values (100, 'done', 'system', '\\x01') returning id::text");
        foreach (var change in (string[])["update audit set action = 101", "delete from audit"])
        {
            var byOwner = await Assert.ThrowsAsync<PostgresException>(() => ReadAsync(database.Owner, $"{change} returning id::text"));
            Assert.Contains("append-only", byOwner.MessageText, StringComparison.Ordinal);
            var byApp = await Assert.ThrowsAsync<PostgresException>(() => ReadAsync(database.App, $"{change} returning id::text"));
            Assert.Contains("permission denied", byApp.MessageText, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Rows_of_this_month_and_the_next_three_have_partitions_waiting()
    {
        var database = await cluster.CreateDatabaseAsync();
        var now = DateTimeOffset.Parse(Assert.Single(await ReadAsync(database.App, "select to_char(app_now() at time zone 'UTC', 'YYYY-MM-01')")));
        var expected = Enumerable.Range(0, 4).Select(ahead => now.AddMonths(ahead).ToString("yyyy_MM")).Append("default");
        foreach (var parent in (string[])["audit", "events"])
        {
            var partitions = await ReadAsync(database.Owner, $"select inhrelid::regclass::text from pg_inherits where inhparent = '{parent}'::regclass");
            Assert.Equal(expected.Select(month => $"{parent}_{month}").Order(), partitions.Order());
        }
    }

    [Fact]
    public async Task Only_the_owner_moves_the_clock()
    {
        var database = await cluster.CreateDatabaseAsync();
        await Assert.ThrowsAsync<PostgresException>(() => ReadAsync(database.App, "update clock set clock_offset = '1 day' returning 'moved'"));
        await ReadAsync(database.Owner, "update clock set clock_offset = '1 day' returning 'moved'");
        Assert.Equal(["true"], await ReadAsync(database.App, "select (app_now() > clock_timestamp() + interval '23 hours')::text"));
    }

    [Fact]
    public async Task Migrating_twice_changes_nothing()
    {
        var database = await cluster.CreateDatabaseAsync();
        const string applied = "select \"MigrationId\" from schema_migrations order by 1";
        var once = await ReadAsync(database.Owner, applied);
        Assert.NotEmpty(once);
        await Migrator.MigrateAsync(database.Owner, TestContext.Current.CancellationToken);
        Assert.Equal(once, await ReadAsync(database.Owner, applied));
    }

    static async Task<List<string>> ReadAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        do
        {
            while (await reader.ReadAsync())
                rows.Add(reader.GetString(0));
        }
        while (await reader.NextResultAsync());
        return rows;
    }
}
