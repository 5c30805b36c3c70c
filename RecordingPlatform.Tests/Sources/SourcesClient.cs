using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Sources;

/// <summary>What an administrator does with sources, and what a PBX does to be one.</summary>
internal sealed class SourcesClient(Platform platform, HttpClient client)
{
    /// <summary>Everything that was answered.</summary>
    public StringBuilder Said { get; } = new();

    public async Task<JsonElement> SendAsync(string method, string path, int status, object? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"api/v1/sources{path}") { Content = body switch { null => null, string json => new StringContent(json, Encoding.UTF8, "application/json"), _ => JsonContent.Create(body) } };
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Said.AppendLine(text).AppendLine(answer.Headers.ToString());
        Assert.True(status < 0 ? answer.IsSuccessStatusCode : (int)answer.StatusCode == status, $"{method} {path} answered {(int)answer.StatusCode}, not {status}: {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    public async Task<Guid> CreateAsync(object body) => (await SendAsync("POST", "", 201, body)).GetProperty("id").GetGuid();

    public Task<Guid> CreateAsync(string kind = "freepbx", string? location = null, object? settings = null) =>
        CreateAsync(new { name = NewName(), kind, media_location = location, settings = settings ?? new { } });

    public async Task<string> RefusedAsync(string method, string path, int status, object body)
    {
        var problem = await SendAsync(method, path, status, body);
        Assert.True(problem.GetProperty("detail").GetString()!.Length > 20, $"it says what to do: {problem}");
        return problem.GetProperty("code").GetString()!;
    }

    /// <summary>The secret that was made.</summary>
    public async Task<string> GenerateWebhookSecretAsync(Guid source) =>
        (await SendAsync("PUT", $"/{source}/secrets", 200, new { webhook_secret = "generate" })).GetProperty("webhook_secret").GetString()!;

    /// <summary>What a test finds, by subject; several of one are joined.</summary>
    public async Task<ILookup<string, (bool Ok, string Message)>> TestAsync(Guid source)
    {
        var answer = await SendAsync("POST", $"/{source}/test", -1);
        answer = await Until.ValueAsync<JsonElement>(async () =>
        {
            var now = await SendAsync("GET", $"/{source}/tests/{answer.GetProperty("id").GetGuid()}", 200);
            return now.GetProperty("finished_at").ValueKind is JsonValueKind.Null ? null : now;
        }, TimeSpan.FromSeconds(60), "the test is done");
        return answer.GetProperty("findings").EnumerateArray()
            .ToLookup(f => f.GetProperty("subject").GetString()!, f => (f.GetProperty("ok").GetBoolean(), f.GetProperty("message").GetString()!));
    }

    /// <summary>A report signed as Standard Webhooks; the code of its refusal, or its status.</summary>
    public async Task<string> ReportAsync(string secret, string call, TimeSpan ahead = default)
    {
        var body = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { @event = "call_started", uniqueid = call, direction = "inbound", started_at = DateTimeOffset.UtcNow.ToString("O") }));
        var at = DateTimeOffset.UtcNow.Add(ahead).ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, "webhooks/freepbx") { Content = new ByteArrayContent(body) };
        request.Headers.Add(StandardWebhook.IdHeader, call);
        request.Headers.Add(StandardWebhook.TimestampHeader, $"{at}");
        request.Headers.Add(StandardWebhook.SignatureHeader, StandardWebhook.Sign(StandardWebhook.KeyOf(secret)!, call, at, body));
        using var answer = await platform.Anonymous.SendAsync(request);
        var json = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        return json.TryGetProperty("code", out var code) ? code.GetString()! : json.GetProperty("status").GetString()!;
    }

    /// <summary>The api knows of a change within two seconds.</summary>
    public Task ReportsAsync(string secret, string call, string outcome, TimeSpan ahead = default) =>
        Until.TrueAsync(async () => await ReportAsync(secret, call, ahead) == outcome, TimeSpan.FromSeconds(60), $"the report of {call} is {outcome}");

    public static string NewName() => $"pbx-{Guid.CreateVersion7():N}";
}
