using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Account;

/// <summary>
/// What a person calls a device, from what its browser says of itself: <c>Firefox on Windows</c>. Good enough to recognise one's
/// own; anybody can say anything here, so nothing is decided by it.
/// </summary>
internal sealed record DeviceName(string Text, string Icon)
{
    // In this order: most browsers also claim to be those further down.
    static readonly (string Mark, string Name)[] Browsers =
        [("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];

    static readonly (string Mark, string Name, bool Handheld)[] Systems =
        [("iPhone", "iPhone", true), ("iPad", "iPad", true), ("Android", "Android", true), ("Windows", "Windows", false), ("Mac OS X", "Mac", false), ("CrOS", "ChromeOS", false), ("Linux", "Linux", false)];

    public static DeviceName Of(Device device)
    {
        var agent = device.UserAgent ?? "";
        var browser = Browsers.FirstOrDefault(b => agent.Contains(b.Mark, StringComparison.Ordinal)).Name;
        var system = Systems.FirstOrDefault(s => agent.Contains(s.Mark, StringComparison.Ordinal));
        if (device.Kind != "portal")
            return new(browser is null && Program(agent) is { } program ? $"Program ({program})" : "Program", "terminal-2");
        var icon = system.Handheld ? "device-mobile" : "device-desktop";
        return (browser, system.Name) switch
        {
            (null, null) => new("Unknown browser", icon),
            (null, var on) => new($"Browser on {on}", icon),
            (var name, null) => new(name, icon),
            var (name, on) => new($"{name} on {on}", icon),
        };
    }

    // "curl/8.5.0" is curl 8.5.0.
    static string? Program(string agent) =>
        agent.Split(' ')[0] is { Length: > 0 and <= 40 } first ? first.Replace('/', ' ') : null;
}
