using System.Diagnostics;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>Waits for a condition, never for a time.</summary>
internal static class Until
{
    public static Task TrueAsync(Func<Task<bool>> condition, TimeSpan limit, string what) =>
        NotNullAsync(async () => await condition() ? "" : null, limit, what);

    public static async Task<T> NotNullAsync<T>(Func<Task<T?>> look, TimeSpan limit, string what) where T : class
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (await look() is { } found)
                return found;
            if (watch.Elapsed > limit)
                throw new TimeoutException($"Not within {limit.TotalSeconds:0} s: {what}.");
            await Task.Delay(50);
        }
    }
}
