using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Ingest;

/// <summary>A system that reports, as Standard Webhooks 1.0.0 describes it; signs by itself and shares nothing with the platform.</summary>
public sealed class WebhookSender(HttpClient client, string path, string secret)
{
    readonly byte[] _key = Convert.FromBase64String(secret["whsec_".Length..]);

    /// <summary>Adds a source through the API and has a secret made for it.</summary>
    public static async Task<(Guid Source, string Secret)> AddSourceAsync(HttpClient admin, string name, string kind, string? mediaLocation, object? settings = null)
    {
        using var made = await admin.PostAsJsonAsync("api/v1/sources", new { name, kind, media_location = mediaLocation, settings });
        var source = (await Platform.ReadAsync(made, 201)).GetProperty("id").GetGuid();
        using var changed = await admin.PutAsJsonAsync($"api/v1/sources/{source}/secrets", new { webhook_secret = "generate" });
        return (source, (await Platform.ReadAsync(changed, 200)).GetProperty("webhook_secret").GetString()!);
    }

    /// <summary>A signed delivery.</summary>
    /// <param name="body">As it is signed and sent.</param>
    /// <param name="age">How long ago it was signed.</param>
    /// <param name="id">Of the message; a new one without it.</param>
    public HttpRequestMessage Sign(string body, TimeSpan age = default, string? id = null)
    {
        id ??= $"msg_{Guid.CreateVersion7():N}";
        var timestamp = (DateTimeOffset.UtcNow - age).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")));
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", $"v1,{signature}");
        return request;
    }

    /// <summary>Sends, and answers with the status and what the answer calls it: a problem's code, or its own status.</summary>
    public async Task<(int Status, string Said)> SendAsync(HttpRequestMessage request)
    {
        var (status, said, _) = await AskAsync(request);
        return (status, said);
    }

    /// <summary>As <see cref="SendAsync"/>, with a problem's detail; without one it is empty.</summary>
    public async Task<(int Status, string Said, string Detail)> AskAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var answer = await client.SendAsync(request);
            var json = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
            return json.TryGetProperty("code", out var code)
                ? ((int)answer.StatusCode, code.GetString()!, json.GetProperty("detail").GetString()!)
                : ((int)answer.StatusCode, json.GetProperty("status").GetString()!, "");
        }
    }
}
