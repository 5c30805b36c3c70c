using System.Diagnostics;

namespace RecordingPlatform.Tests.AppHost;

internal static class Eventually
{
    /// <summary>Longer than anything that should happen takes on a busy machine.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Returns once the condition holds; fails with what there was instead.</summary>
    public static async Task Holds(Func<bool> condition, Func<string> otherwise)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > Patience)
            {
                Assert.Fail($"after {Patience.TotalSeconds} s: {otherwise()}");
            }

            await Task.Delay(20);
        }
    }
}
