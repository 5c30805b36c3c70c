using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>The same web server, and what one writes first: each report is one prepared insert of its own, unsealed and unchecked, answered when it is committed.</summary>
internal static class InsertServer
{
    public const string Insert = """
        insert into raw_events (id, source_id, dedupe_key, kind, body, body_master_key_id, expires_at)
        values ($1, $2, $3, 'call_started', $4, $5, app_now() + interval '30 days') on conflict (source_id, dedupe_key) do nothing
        """;

    /// <param name="arguments">Connection string, source, master key and port.</param>
    public static async Task RunAsync(string[] arguments)
    {
        var (source, master) = (Guid.Parse(arguments[1]), Guid.Parse(arguments[2]));
        await using var database = NpgsqlDataSource.Create(arguments[0]);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{arguments[3]}");
        var app = builder.Build();
        app.MapPost("/", async (HttpContext http) =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body, http.RequestAborted);
            var id = Guid.CreateVersion7();
            await using var connection = await database.OpenConnectionAsync(http.RequestAborted);
            await using var insert = new NpgsqlCommand(Insert, connection)
            {
                Parameters = { new() { Value = id }, new() { Value = source }, new() { Value = id.ToString("N") }, new() { Value = body.ToArray() }, new() { Value = master } },
            };
            await insert.PrepareAsync(http.RequestAborted);
            await insert.ExecuteNonQueryAsync(http.RequestAborted);
            return Results.Ok(new { event_id = id });
        });
        await app.RunAsync();
    }
}
