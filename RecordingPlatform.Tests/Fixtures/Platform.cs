using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>Settings of one platform under test, beyond the defaults of the product.</summary>
public sealed record PlatformSettings
{
    public int Apis { get; init; } = 1;
    public int Workers { get; init; } = 1;
    /// <summary>A command that each api runs within; <c>{store}</c> is the store's folder.</summary>
    public IReadOnlyList<string> ApiWithin { get; init; } = [];
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// The whole platform on loopback as an operator runs it: migrated database, replicas of api and worker, disk store, local key
/// file. Speaks in intents; everything is reached from outside.
/// </summary>
public sealed class Platform : IAsyncDisposable
{
    const string AdministratorEmail = "admin@demo.example";
    const string AdministratorPassword = "correct horse battery staple";
    public const string PortalKey = "rpk_portal-of-the-tests";

    static readonly ConcurrentDictionary<int, Platform> Running = new();

    readonly PlatformSettings _settings;
    readonly TestDatabase _database;
    readonly HttpClient _http;
    Dictionary<string, (string Email, string Password)> _users = [];

    Platform(PlatformSettings settings, TestDatabase database)
    {
        _settings = settings;
        _database = database;
        Apis = [.. Enumerable.Range(0, settings.Apis).Select(_ => new Replica("Api", () => With(database.App), [.. settings.ApiWithin.Select(part => part.Replace("{store}", StoreFolder, StringComparison.Ordinal))]))];
        Workers = [.. Enumerable.Range(0, settings.Workers).Select(_ => new Replica("Worker", () => With(database.App), []))];
        foreach (var api in Apis)
            Running[api.Url.Port] = this;
        _http = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromMinutes(10) };
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("rp-platform-").FullName;

    public string StoreFolder => Path.Combine(Folder, "objects");

    /// <summary>Where work directories lie, in memory and on disk alike.</summary>
    public string WorkFolder => Path.Combine(Folder, "work");

    public IReadOnlyList<Replica> Apis { get; }

    public IReadOnlyList<Replica> Workers { get; }

    /// <summary>Of the first api.</summary>
    public Uri Url => Apis[0].Url;

    /// <summary>Without any credential.</summary>
    public HttpClient Anonymous => _http;

    public Service Api => Apis[0].Service;

    public Service Worker => Workers[0].Service;

    public TestDatabase Database => _database;

    public static async Task<Platform> StartAsync(PostgresCluster cluster, PlatformSettings? settings = null)
    {
        settings ??= new PlatformSettings();
        var seed = settings.Environment.Keys.Any(PlatformSeed.DependsOn) ? null : await cluster.SeedAsync(() => MakeSeedAsync(cluster));
        var platform = new Platform(settings, await cluster.CreateDatabaseAsync(seed?.Platform._database));
        try
        {
            if (seed is null)
                await platform.SetUpAsync();
            else
                await seed.CopyToAsync(platform.Folder);
            platform.ReadUsers();
            await Task.WhenAll(platform.Apis.Concat(platform.Workers).Select(replica => replica.StartAsync()));
            return platform;
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    static async Task<PlatformSeed> MakeSeedAsync(PostgresCluster cluster)
    {
        var platform = new Platform(new PlatformSettings(), await cluster.CreateDatabaseAsync());
        try
        {
            await platform.SetUpAsync();
            return new PlatformSeed(platform);
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    async Task SetUpAsync()
    {
        await RunToEndAsync("migrate", _database.Owner);
        await RunToEndAsync("demo", _database.App);
    }

    /// <summary>Every route with its policy, as <c>api routes</c> prints them.</summary>
    public async Task<JsonElement> ReadRoutesAsync()
    {
        await using var service = Service.Start("Api", ["routes"], With(_database.App));
        if (await service.EndAsync() is var code and not 0)
            throw new InvalidOperationException($"api routes ended with {code}:\n{service.Said}");
        return JsonSerializer.Deserialize<JsonElement>(service.Said);
    }

    /// <summary>A client with an API key.</summary>
    public HttpClient WithKey(string key)
    {
        var client = new HttpClient { BaseAddress = Url };
        client.DefaultRequestHeaders.Add("X-Api-Key", key);
        return client;
    }

    /// <summary>A client signed in as the demo user of a role; <c>patient2</c> is the second patient.</summary>
    /// <param name="who">A role, or <c>patient2</c>.</param>
    /// <param name="api">Which api the client talks to.</param>
    public Task<HttpClient> SignInAsync(string who, int api = 0) => SignInAsync(Apis[api].Url, _users[who]);

    /// <summary>A client signed in at an api, whoever started it.</summary>
    public static async Task<HttpClient> SignInAsync(Uri api, (string Email, string Password) user)
    {
        var client = new HttpClient { BaseAddress = api, Timeout = TimeSpan.FromMinutes(10) };
        using var answer = await client.PostAsJsonAsync("api/v1/auth/login", new { email = user.Email, password = user.Password });
        var tokens = await ReadAsync(answer, 200);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.GetProperty("access_token").GetString());
        return client;
    }

    public (string Email, string Password) UserOf(string who) => _users[who];

    /// <summary>Uploads and returns the id.</summary>
    public static async Task<Guid> UploadAsync(HttpClient client, byte[] media, string fileName = "call.wav", params (string Name, string Value)[] fields)
    {
        using var body = Multipart(media, fileName, fields);
        using var answer = await client.PostAsync("api/v1/recordings", body);
        return (await ReadAsync(answer, 201)).GetProperty("id").GetGuid();
    }

    public static MultipartFormDataContent Multipart(byte[] media, string fileName, params (string Name, string Value)[] fields)
    {
        var body = new MultipartFormDataContent { { new ByteArrayContent(media), "file", fileName } };
        foreach (var (name, value) in fields)
            body.Add(new StringContent(value), name);
        return body;
    }

    /// <summary>The details once the recording has the status; fails at once when it ended in another.</summary>
    public Task<JsonElement> WaitForAsync(HttpClient client, Guid id, string status) => Until.ValueAsync<JsonElement>(async () =>
    {
        var details = await ReadAsync(await client.GetAsync($"api/v1/recordings/{id}"), 200);
        var now = details.GetProperty("status").GetString();
        if (now == status)
            return details;
        return now is "ready" or "damaged" or "failed" ? throw new InvalidOperationException($"It became {now}: {details}\n{(Workers.Count > 0 ? Worker.Said : "")}") : null;
    }, TimeSpan.FromSeconds(120), $"recording {id} is {status}");

    /// <summary>Reads a JSON answer; a status that was not expected fails with the whole body.</summary>
    public static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, int status)
    {
        var body = await answer.Content.ReadAsStringAsync();
        if ((int)answer.StatusCode != status)
        {
            // A failure on the server's side is explained by what the server said.
            var log = (int)answer.StatusCode >= 500 && Running.TryGetValue(answer.RequestMessage!.RequestUri!.Port, out var platform) ? $"\n{platform.Api.Said}" : "";
            throw new InvalidOperationException($"{answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri} answered {(int)answer.StatusCode}, not {status}: {body}{log}");
        }
        return JsonSerializer.Deserialize<JsonElement>(body);
    }

    /// <summary>Rows as the database's owner sees them, first column as text.</summary>
    public Task<List<string>> QueryAsync(string sql, bool asAdministrator = false) => QueryAsync(asAdministrator ? _database.Administrator : _database.Owner, sql);

    /// <summary>What the server holds in memory lies in its files afterwards.</summary>
    public Task WriteDatabaseToDiskAsync() => QueryAsync(_database.Administrator, "checkpoint");

    static async Task<List<string>> QueryAsync(string login, string sql)
    {
        await using var connection = new NpgsqlConnection(login + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(reader.IsDBNull(0) ? "" : reader.GetValue(0).ToString()!);
        return rows;
    }

    /// <summary>As a second start of the platform does.</summary>
    public async Task RunDemoAgainAsync()
    {
        await RunToEndAsync("demo", _database.App);
        ReadUsers();
    }

    async Task RunToEndAsync(string command, string connectionString)
    {
        await using var service = Service.Start("Worker", [command], With(connectionString));
        if (await service.EndAsync() is var code and not 0)
            throw new InvalidOperationException($"worker {command} ended with {code}:\n{service.Said}");
    }

    Dictionary<string, string> With(string connectionString)
    {
        var environment = new Dictionary<string, string>
        {
            ["DOTNET_ENVIRONMENT"] = "Development",
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["Logging__LogLevel__Default"] = "Warning",
            ["ConnectionStrings__recordings"] = connectionString,
            ["Database__OwnerPassword"] = PostgresCluster.OwnerPassword,
            ["Database__AppPassword"] = PostgresCluster.AppPassword,
            ["Administrator__Email"] = AdministratorEmail,
            ["Administrator__Password"] = AdministratorPassword,
            ["Portal__ApiKey"] = PortalKey,
            ["Keys__LocalFile"] = Path.Combine(Folder, "keys", "kek.json"),
            ["Storage__Provider"] = "disk",
            ["Storage__Disk__Path"] = StoreFolder,
            ["Workdir__Memory"] = Path.Combine(WorkFolder, "memory"),
            ["Workdir__Folder"] = Path.Combine(WorkFolder, "disk"),
            // Its named pipes would lie in the temporary folder, and reading one waits for ever.
            ["DOTNET_EnableDiagnostics"] = "0",
            ["TMPDIR"] = Directory.CreateDirectory(Path.Combine(Folder, "tmp")).FullName,
            // Tests ask faster than anybody may: the limits have tests of their own.
            ["RateLimits__RequestsPerMinute"] = "1000000",
            ["RateLimits__AnonymousPerMinute"] = "1000000",
            ["RateLimits__SignInsPerMinute"] = "1000000",
            ["Demo__UsersFile"] = Path.Combine(Folder, "demo-users.json"),
        };
        foreach (var (key, value) in _settings.Environment)
            environment[key] = value;
        return environment;
    }

    void ReadUsers() => _users = UsersIn(Folder);

    /// <summary>The demo users by their role, as the list in a folder names them; the second of a role as <c>patient2</c>.</summary>
    public static Dictionary<string, (string Email, string Password)> UsersIn(string folder)
    {
        var users = new Dictionary<string, (string Email, string Password)>();
        foreach (var user in JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(folder, "demo-users.json"))).EnumerateArray())
        {
            var role = user.GetProperty("role").GetString()!;
            users[users.ContainsKey(role) ? role + "2" : role] = (user.GetProperty("email").GetString()!, user.GetProperty("password").GetString()!);
        }
        return users;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        foreach (var replica in Workers.Concat(Apis))
            await replica.DisposeAsync();
        foreach (var api in Apis)
            Running.TryRemove(api.Url.Port, out _);
        Directory.Delete(Folder, recursive: true);
    }
}
