using Microsoft.EntityFrameworkCore.Migrations;

namespace RecordingPlatform.Core.Data.Migrations;

/// <summary>A migration whose whole content is the embedded file of the given name beside it.</summary>
public abstract class SqlMigration(string fileName) : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(ReadFile());

    private protected string ReadFile()
    {
        using var resource = typeof(SqlMigration).Assembly.GetManifestResourceStream($"{typeof(SqlMigration).Namespace}.{fileName}")
            ?? throw new InvalidOperationException($"The migration {fileName} is not embedded.");
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}

/// <summary>
/// Runs each statement of its file on its own and outside of a transaction, as <c>create index concurrently</c> needs it.
/// Every statement must be safe to repeat: a run that broke off begins again at the first.
/// </summary>
public abstract class ConcurrentSqlMigration(string fileName) : SqlMigration(fileName)
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        var lines = ReadFile().Split('\n').Where(line => !line.StartsWith("--", StringComparison.Ordinal));
        foreach (var statement in string.Join('\n', lines).Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            migrationBuilder.Sql(statement, suppressTransaction: true);
    }
}
