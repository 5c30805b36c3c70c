namespace RecordingPlatform.Tests.Fixtures;

internal static class Programs
{
    public static string Find(string name, IEnumerable<string> alsoIn) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(alsoIn).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"{name} is not installed: ./test installs what the tests need.");
}
