using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace RecordingPlatform.Tests.Storage;

/// <summary>
/// A stub of what Azurite leaves out: it brings a blob back from the archive at once, where Azure takes hours. In front of it this
/// holds such a request back until the test lets restores finish, and answers meanwhile as Azure documents it (Set Blob Tier, Get
/// Blob Properties, "Blob rehydration from the archive tier"). Everything else is Azurite's own answer.
/// </summary>
sealed class Rehydration
{
    readonly Relay relay;
    readonly ConcurrentDictionary<string, (string Target, HttpRequestMessage Held)> pending = new();

    public Rehydration(Relay relay)
    {
        this.relay = relay;
        relay.Before = BeforeAsync;
        relay.After = AfterAsync;
    }

    public async Task FinishAsync()
    {
        foreach (var (path, (_, held)) in pending)
        {
            using var answer = await relay.SendAsync(held);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            pending.TryRemove(path, out _);
            held.Dispose();
        }
    }

    async Task<bool> BeforeAsync(Relayed request, HttpContext http)
    {
        if (request.Method == "DELETE")
            pending.TryRemove(request.Path, out _);
        if (!request.Query.Contains("comp=tier", StringComparison.Ordinal))
            return false;
        if (pending.ContainsKey(request.Path))
        {
            http.Response.StatusCode = 409;
            http.Response.Headers["x-ms-error-code"] = "BlobBeingRehydrated";
            return true;
        }

        // Azurite answers reads of an archived blob as Azure does; only the way back is held.
        if (request.Headers["x-ms-access-tier"] == "Archive" || !archived.ContainsKey(request.Path))
            return false;
        archived.TryRemove(request.Path, out _);
        pending[request.Path] = (request.Headers["x-ms-access-tier"], await relay.CopyAsync(http));
        http.Response.StatusCode = 202;
        return true;
    }

    readonly ConcurrentDictionary<string, bool> archived = new();

    Task<bool> AfterAsync(Relayed request, HttpResponseMessage answer, HttpContext http)
    {
        if (request.Query.Contains("comp=tier", StringComparison.Ordinal) && answer.IsSuccessStatusCode && request.Headers["x-ms-access-tier"] == "Archive")
            archived[request.Path] = true;
        if (request.Method == "DELETE")
            archived.TryRemove(request.Path, out _);
        if (pending.TryGetValue(request.Path, out var restore) && request.Method == "HEAD" && answer.IsSuccessStatusCode)
            answer.Headers.Add("x-ms-archive-status", $"rehydrate-pending-to-{restore.Target.ToLowerInvariant()}");
        return Task.FromResult(false);
    }
}
