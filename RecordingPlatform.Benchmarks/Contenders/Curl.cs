using System.Globalization;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>The load: curl on a core of its own.</summary>
internal static class Curl
{
    /// <summary>Sends one request and answers with the seconds it took.</summary>
    /// <param name="expected">The status that counts as success.</param>
    /// <param name="arguments">URL, method and body.</param>
    public static async Task<double> SecondsAsync(int expected, params string[] arguments)
    {
        // Expect: 100-continue would add a round trip to uploads only.
        var said = await Run.ToEndAsync(Machine.OnLoadCore(["curl", "--silent", "--show-error", "--header", "Expect:", "--output", "/dev/null", "--write-out", "%{http_code} %{time_total}", .. arguments]));
        var parts = said.Split(' ');
        return parts[0] == expected.ToString(CultureInfo.InvariantCulture)
            ? double.Parse(parts[1], CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"curl {arguments[^1]} answered {parts[0]}, not {expected}.");
    }
}
