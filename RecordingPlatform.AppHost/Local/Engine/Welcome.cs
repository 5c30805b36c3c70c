using System.Text.Json;

namespace RecordingPlatform.AppHost.Local;

/// <summary>The last lines of a start: where to go, and as whom.</summary>
internal static class Welcome
{
    public static IEnumerable<string> Lines(string data, IEnumerable<KeyValuePair<string, string>> addresses, IEnumerable<string> failed)
    {
        yield return "";
        foreach (var (name, url) in addresses.OrderByDescending(a => a.Key == "web"))
        {
            yield return $"  {(name == "web" ? "portal" : name),-8} {url}";
        }

        foreach (var line in SignIn(data))
        {
            yield return $"  {line}";
        }

        foreach (var name in failed)
        {
            yield return $"  {name} failed: the platform runs without it, its lines are above";
        }

        yield return $"  data     {data}";
        yield return "  Ctrl-C stops everything.";
        yield return "";
    }

    static IEnumerable<string> SignIn(string data)
    {
        var path = Path.Combine(data, "demo-users.json");
        if (!File.Exists(path))
        {
            return [$"sign in  admin@demo.example, with admin-password from {Path.Combine(data, "secrets.json")}"];
        }

        try
        {
            var users = JsonSerializer.Deserialize<List<DemoUser>>(File.ReadAllBytes(path), AtomicFile.Json) ?? [];
            return ["sign in as", .. users.Select(u => $"  {u.Role,-20} {u.Email,-34} {u.Password}")];
        }
        catch (JsonException unreadable)
        {
            return [$"{path} cannot be read: {unreadable.Message}"];
        }
    }

    sealed record DemoUser(string Role, string Email, string Password);
}
