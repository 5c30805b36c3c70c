using Npgsql;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jobs;

/// <summary>A <see cref="Cable"/> to the database.</summary>
internal sealed class CutCable : IAsyncDisposable
{
    readonly Cable _cable;

    public CutCable(string connection)
    {
        var target = new NpgsqlConnectionStringBuilder(connection);
        _cable = new Cable(target.Port, host: target.Host!);
        Connection = new NpgsqlConnectionStringBuilder(connection) { Host = "127.0.0.1", Port = _cable.Port, Timeout = 2 }.ConnectionString;
    }

    public string Connection { get; }

    public void Cut() => _cable.Cut();

    public void Break() => _cable.Break();

    public void Mend() => _cable.Mend();

    public ValueTask DisposeAsync() => _cable.DisposeAsync();
}
