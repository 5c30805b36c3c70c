using System.Globalization;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>This program in a process of its own.</summary>
internal static class Self
{
    public static string[] As(string contender, params string[] arguments) =>
        [Environment.ProcessPath!, .. Hosted ? [typeof(Self).Assembly.Location] : Array.Empty<string>(), "contender", contender, .. arguments];

    /// <summary>Runs a contender to its end and reads the one line of numbers that it prints.</summary>
    public static async Task<double[]> NumbersAsync(params string[] command) =>
        [.. (await Run.ToEndAsync(command)).Trim().Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];

    static bool Hosted => Path.GetFileName(Environment.ProcessPath) == "dotnet";
}
