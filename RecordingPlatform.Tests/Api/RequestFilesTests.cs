using System.Runtime.CompilerServices;

namespace RecordingPlatform.Tests.Api;

[Collection(ApiSurface.Name)]
public sealed class RequestFilesTests(ApiSurface.Running running)
{
    public static TheoryData<string> Files() => [.. Directory.EnumerateFiles(Folder(), "*.http").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files))]
    public async Task Every_request_of_the_folder_answers_as_it_says(string file)
    {
        var (email, password) = running.Platform.UserOf("admin");
        var given = new Dictionary<string, string>(StringComparer.Ordinal) { ["api"] = running.Platform.Url.ToString().TrimEnd('/'), ["email"] = email, ["password"] = password };
        Assert.True(await new RequestFile(Path.Combine(Folder(), file), given, running.Platform.Anonymous).SendAllAsync() > 0);
    }

    [Fact]
    public async Task Every_described_route_is_in_the_folder()
    {
        var lines = Directory.EnumerateFiles(Folder(), "*.http").SelectMany(File.ReadAllLines).Where(l => l.Contains("{{api}}", StringComparison.Ordinal)).ToList();
        var document = System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(await running.Platform.Anonymous.GetStringAsync("openapi/v1.json"));
        var missing = from path in document.GetProperty("paths").EnumerateObject()
                      from operation in path.Value.EnumerateObject()
                      let pattern = $"^{operation.Name.ToUpperInvariant()} {{{{api}}}}{System.Text.RegularExpressions.Regex.Replace(path.Name, @"\{[^}]+\}", "[^/?]+")}([?]|$)"
                      where operation.Name != "head" && !lines.Exists(l => System.Text.RegularExpressions.Regex.IsMatch(l, pattern))
                      // A playback link is quoted whole from the answer that gave it.
                      where !path.Name.StartsWith("/media/", StringComparison.Ordinal)
                      select $"{operation.Name} {path.Name}";
        Assert.Equal("", string.Join('\n', missing));
    }

    static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "requests"));
}
