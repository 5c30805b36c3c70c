using Npgsql;

namespace RecordingPlatform.Core.Keys;

/// <summary>A session's advisory lock. Given back by name: a pooled connection would keep it until it is used again.</summary>
internal sealed class SetupLock(NpgsqlConnection connection) : IAsyncDisposable
{
    const long Name = 0x4B454B73; // "KEKs" in ASCII

    public async Task TakeAsync(CancellationToken ct)
    {
        try
        {
            await using var command = new NpgsqlCommand("select pg_advisory_lock($1)", connection) { Parameters = { new() { Value = Name } }, CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(ct);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await using (connection)
        {
            await using var command = new NpgsqlCommand("select pg_advisory_unlock($1)", connection) { Parameters = { new() { Value = Name } } };
            await command.ExecuteNonQueryAsync();
        }
    }
}
