using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Access;

/// <summary>One platform for all tests of rights, which run one after the other on it. Without a worker: uploads stay stored.</summary>
public sealed class AccessPlatform(PostgresCluster cluster) : IAsyncLifetime
{
    static readonly byte[] Sound = SampleMedia.Speech[..8000];

    NpgsqlDataSource _source = null!;

    public Platform Platform { get; private set; } = null!;

    public HttpClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Platform = await Platform.StartAsync(cluster, new PlatformSettings { Workers = 0 });
        _source = NpgsqlDataSource.Create(Platform.Database.Owner);
        Admin = await Platform.SignInAsync("admin");
    }

    public async ValueTask DisposeAsync()
    {
        Admin?.Dispose();
        if (_source is not null)
            await _source.DisposeAsync();
        if (Platform is not null)
            await Platform.DisposeAsync();
    }

    /// <summary>One value, as the database's owner sees it.</summary>
    public async Task<string> ValueAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        return (await command.ExecuteScalarAsync())?.ToString() ?? "";
    }

    public Task<string> UserIdAsync(string who) => ValueAsync($"select id from users where email = '{Platform.UserOf(who).Email}'");

    public static Task<Guid> UploadAsync(HttpClient client, params (string Name, string Value)[] fields) => Platform.UploadAsync(client, Sound, "call.wav", fields);

    public static MultipartFormDataContent Multipart(params (string Name, string Value)[] fields) => Platform.Multipart(Sound, "call.wav", fields);

    /// <summary>A session that nobody but its clinician, and those who see all, may know of.</summary>
    public Task<Guid> UploadPrivateAsync(string title, params (string Name, string Value)[] fields) =>
        UploadAsync(Admin, [("title", title), ("callerPhone", "+4511223344"), ("receiverPhone", "+4599887766"), ("appointment_id", $"appointment-{Guid.CreateVersion7()}"), ("subject_id", "patient2"), .. fields]);

    public static async Task<JsonElement> SendAsync(HttpClient client, HttpMethod method, string path, int status, object? body = null, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (idempotencyKey is not null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        using var answer = await client.SendAsync(request);
        if (status == 204)
        {
            Assert.True(204 == (int)answer.StatusCode, $"{method} {path} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            return default;
        }
        return await Platform.ReadAsync(answer, status);
    }

    public async Task MoveClockAsync(TimeSpan by, Func<Task> meanwhile)
    {
        await ValueAsync($"update clock set clock_offset = '{(int)by.TotalSeconds} seconds'");
        try
        {
            await meanwhile();
        }
        finally
        {
            await ValueAsync("update clock set clock_offset = '0'");
        }
    }
}

[CollectionDefinition(Name)]
#pragma warning disable CA1711 // The runner calls it so.
public sealed class AccessCollection : ICollectionFixture<AccessPlatform>
#pragma warning restore CA1711
{
    public const string Name = "access";
}
