using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Faults;

/// <summary>
/// Clients that upload small recordings to every api in turn and list what is there, for as long as it lives. Remembers what
/// was acknowledged and every status it saw. A connection that breaks counts as no answer: such a client may ask again.
/// </summary>
internal sealed class Traffic : IAsyncDisposable
{
    const int Clients = 4;

    readonly CancellationTokenSource _ended = new();
    readonly ConcurrentDictionary<Guid, byte[]> _acknowledged = new();
    readonly ConcurrentQueue<string> _wrong = new();
    readonly ConcurrentDictionary<int, int> _statuses = new();
    readonly List<HttpClient> _apis = [];
    readonly Task _running;
    int _broken;

    Traffic(IEnumerable<HttpClient> apis)
    {
        _apis.AddRange(apis);
        _running = Task.WhenAll(Enumerable.Range(0, Clients).Select(n => Task.Run(() => RunAsync(n))));
    }

    /// <summary>Id and SHA-256 of what was answered with 201.</summary>
    public IReadOnlyDictionary<Guid, byte[]> Acknowledged => _acknowledged;

    public int Answers(HttpStatusCode status) => _statuses.GetValueOrDefault((int)status);

    public int Broken => Volatile.Read(ref _broken);

    public string Seen => $"{string.Join(", ", _statuses.OrderBy(s => s.Key).Select(s => $"{s.Value} × {s.Key}"))}, {Broken} broken";

    public static async Task<Traffic> StartAsync(Platform platform)
    {
        var apis = new List<HttpClient>();
        for (var api = 0; api < platform.Apis.Count; api++)
            apis.Add(await platform.SignInAsync("admin", api));
        return new Traffic(apis);
    }

    /// <summary>Until so many more uploads than now have been acknowledged: the platform works.</summary>
    public Task FlowsAsync(int more)
    {
        var goal = _acknowledged.Count + more;
        return Until.TrueAsync(() => Task.FromResult(_acknowledged.Count >= goal), TimeSpan.FromSeconds(90), $"{more} more uploads are acknowledged ({Seen})");
    }

    /// <summary>Ends the clients, after the requests under way.</summary>
    public async Task EndAsync()
    {
        await _ended.CancelAsync();
        await _running;
    }

    /// <summary>Nobody got an answer that says neither yes nor come back: 500s, or 503 without Retry-After.</summary>
    public void AssertNobodyWasMisled() => Assert.True(_wrong.IsEmpty, $"{Seen}\n{string.Join('\n', _wrong.Take(5))}");

    /// <summary>Everything that was acknowledged is there, byte for byte, whichever api is asked.</summary>
    public async Task AssertNothingIsLostAsync()
    {
        foreach (var (id, sha256) in _acknowledged)
        {
            foreach (var api in _apis)
            {
                using var answer = await api.GetAsync($"api/v1/recordings/{id}/download");
                var bytes = await answer.Content.ReadAsByteArrayAsync();
                Assert.True(answer.IsSuccessStatusCode, $"Recording {id} was acknowledged and answers {(int)answer.StatusCode}.");
                Assert.Equal(sha256, SHA256.HashData(bytes));
            }
        }
    }

    async Task RunAsync(int client)
    {
        for (var turn = 0; !_ended.IsCancellationRequested; turn++)
        {
            var api = _apis[(client + turn) % _apis.Count];
            try
            {
                await UploadAsync(api);
                using var list = await api.GetAsync("api/v1/recordings?page_size=5");
                await NoteAsync(list);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                Interlocked.Increment(ref _broken);
                // The api is away: the next try is soon, and not in a tight loop.
                await Task.Delay(20);
            }
        }
    }

    async Task UploadAsync(HttpClient api)
    {
        var media = SmallWave();
        using var body = Platform.Multipart(media, "call.wav");
        using var answer = await api.PostAsync("api/v1/recordings", body);
        if (answer.StatusCode == HttpStatusCode.Created)
            _acknowledged[(await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid()] = SHA256.HashData(media);
        await NoteAsync(answer);
    }

    async Task NoteAsync(HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        _statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
        if (status is 200 or 201 || (status == 503 && answer.Headers.RetryAfter is not null))
            return;
        _wrong.Enqueue($"{answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri} answered {status} with Retry-After {answer.Headers.RetryAfter}: {await answer.Content.ReadAsStringAsync()}");
    }

    // A quarter of a second of noise, never the same: quick to process, and told apart by its hash.
    static byte[] SmallWave() => Story.SampleMedia.Wave(RandomNumberGenerator.GetBytes(8000));

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        foreach (var api in _apis)
            api.Dispose();
        _ended.Dispose();
    }
}
