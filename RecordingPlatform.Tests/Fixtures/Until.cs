using System.Diagnostics;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>Waits for a condition, never for a time.</summary>
internal static class Until
{
    public static Task TrueAsync(Func<Task<bool>> condition, TimeSpan limit, string what) =>
        NotNullAsync(async () => await condition() ? "" : null, limit, what);

    public static async Task<T> ValueAsync<T>(Func<Task<T?>> look, TimeSpan limit, string what) where T : struct
    {
        var found = await NotNullAsync(async () => await look() is { } value ? new Box<T>(value) : null, limit, what);
        return found.Value;
    }

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

    sealed record Box<T>(T Value);
}
