using System.Net;
using System.Text.RegularExpressions;

namespace RecordingPlatform.Tests.Web;

/// <summary>A portal over a stand-in API, and a visitor's ways through it without a browser.</summary>
public sealed partial class Portal : IAsyncLifetime
{
    PortalProcess _process = null!;

    public StandInApi Api { get; private set; } = null!;
    public string Address => _process.Address;
    public string Said => _process.Said;

    public async ValueTask InitializeAsync()
    {
        Api = await StandInApi.StartAsync();
        Api.Reset();
        _process = await PortalProcess.StartAsync(Api.Address);
        Api.PortalOrigin = Address;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await Api.DisposeAsync();
    }

    public Visitor Stranger() => new(Address, () => Said);

    public Visitor SignedIn()
    {
        var visitor = Stranger();
        visitor.Cookies["portal-session"] = Api.AddSession();
        return visitor;
    }
}

/// <summary>One browser's cookies, and nothing that follows redirects by itself.</summary>
public sealed partial class Visitor(string address, Func<string> log)
{
    static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    public Dictionary<string, string> Cookies { get; } = [];

    public Task<Page> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(new(HttpMethod.Get, address + path), headers);

    /// <summary>Sends the fields as the form on that page would, its hidden ones included.</summary>
    public async Task<Page> SubmitAsync(string page, string form, string? action, params (string Name, string Value)[] fields)
    {
        var drawn = await GetAsync(page);
        var hidden = drawn.HiddenFieldsOf(form);
        return await PostAsync(action ?? page, [.. hidden.Where(h => fields.All(f => f.Name != h.Name)), .. fields]);
    }

    public Task<Page> PostAsync(string path, params (string Name, string Value)[] fields) =>
        SendAsync(new(HttpMethod.Post, address + path) { Content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))) });

    public async Task<Page> SendAsync(HttpRequestMessage request, params (string Name, string Value)[] headers)
    {
        using var _ = request;
        if (Cookies.Count > 0)
            request.Headers.Add("Cookie", string.Join("; ", Cookies.Select(c => $"{c.Key}={c.Value}")));
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request, default);
        var set = response.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies.ToList() : [];
        foreach (var cookie in set)
        {
            var pair = cookie.Split(';')[0].Split('=', 2);
            if (cookie.Contains("expires=Thu, 01 Jan 1970", StringComparison.OrdinalIgnoreCase))
                Cookies.Remove(pair[0]);
            else
                Cookies[pair[0]] = pair[1];
        }
        var all = response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        var body = await response.Content.ReadAsStringAsync();
        return new(response.StatusCode, body, all, set) { Log = log };
    }
}

/// <summary>An answer of the portal.</summary>
public sealed partial record Page(HttpStatusCode Status, string Html, IReadOnlyDictionary<string, string> Headers, IReadOnlyList<string> SetCookies)
{
    /// <summary>What the portal has said so far.</summary>
    public Func<string> Log { get; init; } = () => "";

    public string? Location => Headers.GetValueOrDefault("Location");

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public Page Expect(HttpStatusCode status)
    {
        Assert.True(Status == status, $"Expected {(int)status}, got {(int)Status} {Location}\n{Html}\n{Log()}");
        return this;
    }

    public void Shows(string text) => Assert.True(Text.Contains(text, StringComparison.Ordinal), $"The page does not show \"{text}\":\n{Text}");

    public void ShowsNot(string text) => Assert.False(Text.Contains(text, StringComparison.Ordinal), $"The page shows \"{text}\":\n{Text}");

    /// <summary>What a person reads, without markup.</summary>
    public string Text => WebUtility.HtmlDecode(Spaces().Replace(Tags().Replace(Html, " "), " "));

    /// <param name="marker">Something inside the form's markup.</param>
    public IReadOnlyList<(string Name, string Value)> HiddenFieldsOf(string marker)
    {
        var form = Forms().Matches(Html).Select(m => m.Value).FirstOrDefault(f => f.Contains(marker, StringComparison.Ordinal));
        Assert.True(form is not null, $"No form holds \"{marker}\":\n{Html}\n{Log()}");
        return [.. Hidden().Matches(form).Select(m => (NameOf(m.Value), WebUtility.HtmlDecode(ValueOf(m.Value))))];
    }

    public IReadOnlyList<string> PostForms() => [.. Forms().Matches(Html).Select(m => m.Value).Where(f => f.Contains("method=\"post\"", StringComparison.Ordinal))];

    static string NameOf(string input) => Name().Match(input).Groups["name"].Value;
    static string ValueOf(string input) => Value().Match(input).Groups["value"].Value;

    [GeneratedRegex("<form.*?</form>", RegexOptions.Singleline, 1000)] private static partial Regex Forms();
    [GeneratedRegex("<input[^>]*type=\"hidden\"[^>]*>", RegexOptions.None, 1000)] private static partial Regex Hidden();
    [GeneratedRegex(" name=\"(?<name>[^\"]*)\"", RegexOptions.None, 1000)] private static partial Regex Name();
    [GeneratedRegex(" value=\"(?<value>[^\"]*)\"", RegexOptions.None, 1000)] private static partial Regex Value();
    [GeneratedRegex("<[^>]*>", RegexOptions.None, 1000)] private static partial Regex Tags();
    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)] private static partial Regex Spaces();
}
