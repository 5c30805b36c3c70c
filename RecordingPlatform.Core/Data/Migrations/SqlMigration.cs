using Microsoft.EntityFrameworkCore.Migrations;

namespace RecordingPlatform.Core.Data.Migrations;

/// <summary>A migration whose whole content is the embedded file of the given name beside it.</summary>
public abstract class SqlMigration(string fileName) : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        using var resource = typeof(SqlMigration).Assembly.GetManifestResourceStream($"{typeof(SqlMigration).Namespace}.{fileName}")
            ?? throw new InvalidOperationException($"The migration {fileName} is not embedded.");
        using var reader = new StreamReader(resource);
        migrationBuilder.Sql(reader.ReadToEnd());
    }
}
