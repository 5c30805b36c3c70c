using Microsoft.AspNetCore.Http;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

/// <summary>What a relay is told to do, and what tests of both HTTP providers do through it.</summary>
static class OverTheWire
{
    /// <summary>Answers the first request that fits in the store's place.</summary>
    public static void AnswerOnce(this Relay relay, Func<Relayed, bool> which, int status, string code)
    {
        var left = 1;
        relay.Before = async (request, http) =>
        {
            if (!which(request) || Interlocked.Decrement(ref left) < 0)
                return false;
            http.Response.StatusCode = status;
            http.Response.Headers["x-ms-error-code"] = code;
            await http.Response.WriteAsync($"<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>");
            return true;
        };
    }

    /// <summary>The store carries out the first request that fits, and its answer is lost.</summary>
    public static void LoseAnswerOnce(this Relay relay, Func<Relayed, bool> which)
    {
        var left = 1;
        relay.After = async (request, answer, http) =>
        {
            if (!which(request) || Interlocked.Decrement(ref left) < 0)
                return false;
            // Whole, so that the store has certainly done it.
            await answer.Content.ReadAsByteArrayAsync();
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
            http.Abort();
            return true;
        };
    }

    public static async Task<PutOutcome> PutAsync(this IObjectStore store, string name, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        await using var upload = await store.CreateAsync(name, ct);
        await upload.Content.WriteAsync(content, ct);
        return await upload.CommitAsync(ct);
    }

    public static async Task<byte[]> GetAsync(this IObjectStore store, string name, CancellationToken ct, long offset = 0, long length = long.MaxValue)
    {
        await using var read = await store.ReadAsync(name, offset, length, ct);
        using var copy = new MemoryStream();
        await Assert.IsType<ObjectRead.Found>(read).Content.CopyToAsync(copy, ct);
        return copy.ToArray();
    }

    /// <summary>Reads until it fails, and returns what was got before.</summary>
    public static async Task<(IOException Failure, long Got)> ReadToFailureAsync(this IObjectStore store, string name, CancellationToken ct)
    {
        await using var read = await store.ReadAsync(name, 0, long.MaxValue, ct);
        var content = Assert.IsType<ObjectRead.Found>(read).Content;
        var (buffer, got) = (new byte[8192], 0L);
        var failure = await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await content.ReadAsync(buffer, ct) is > 0 and var count)
                got += count;
        });
        return (failure, got);
    }
}
