using System.Runtime.CompilerServices;
using System.Text.Json;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Api;

[Collection(ApiSurface.Name)]
public sealed class DescriptionTests(ApiSurface.Running running)
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task The_API_is_what_its_golden_description_says()
    {
        var served = JsonSerializer.Serialize(await DocumentAsync(), Indented) + "\n";
        var golden = Path.Combine(Folder(), "openapi.json");
        if (Environment.GetEnvironmentVariable("RP_ACCEPT") == "openapi")
            await File.WriteAllTextAsync(golden, served);
        if (await File.ReadAllTextAsync(golden) == served)
            return;
        var was = await File.ReadAllLinesAsync(golden);
        var difference = served.Split('\n').Except(was).Select(l => "+ " + l).Concat(was.Except(served.Split('\n')).Select(l => "- " + l)).Take(40);
        Assert.Fail($"The API changed. If that is meant, accept it and commit the file: RP_ACCEPT=openapi ./test --filter-class '*DescriptionTests'\n{string.Join('\n', difference)}");
    }

    [Fact]
    public async Task Every_route_says_what_it_is_and_names_its_problems()
    {
        var document = await DocumentAsync();
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal(["api_key", "bearer"], document.GetProperty("components").GetProperty("securitySchemes").EnumerateObject().Select(s => s.Name).Order());
        var silent = new List<string>();
        var ids = new List<string>();
        foreach (var (path, method, operation) in Operations(document))
        {
            if (!operation.TryGetProperty("summary", out _))
                silent.Add($"{method} {path} has no summary");
            ids.Add($"{operation.GetProperty("operationId").GetString()} {method}");
            foreach (var response in operation.GetProperty("responses").EnumerateObject().Where(r => r.Name[0] is '4' or '5' && path != "/health"))
            {
                if (!response.Value.GetProperty("description").GetString()!.Contains("code: ", StringComparison.Ordinal))
                    silent.Add($"{method} {path} does not say which codes a {response.Name} has");
            }
        }
        Assert.Equal("", string.Join('\n', silent));
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    async Task<JsonElement> DocumentAsync() => await Platform.ReadAsync(await running.Platform.Anonymous.GetAsync("openapi/v1.json"), 200);

    static IEnumerable<(string Path, string Method, JsonElement Operation)> Operations(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (path.Name, operation.Name, operation.Value);

    static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
