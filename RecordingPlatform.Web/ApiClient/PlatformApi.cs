using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using RecordingPlatform.Web.Sessions;

namespace RecordingPlatform.Web.ApiClient;

/// <summary>
/// The portal's only way to data. Each call carries the service credential and, when the browser has one, the session it acts
/// for. Refusals and outages come back as an <see cref="ApiProblem"/>; nothing but cancellation is thrown.
/// </summary>
internal sealed partial class PlatformApi(HttpClient http, IHttpContextAccessor context, TimeProvider clock, ILogger<PlatformApi> logger)
{
    public const string KeyHeader = "X-Api-Key";
    public const string SessionHeader = "X-Portal-Session";
    public const string VisitorAddressHeader = "X-Portal-Client-Address";

    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.Strict,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    Task<Answer<T>> GetAsync<T>(string path, CancellationToken ct) where T : class =>
        SendAsync<T>(new(HttpMethod.Get, path), ct);

    Task<Answer<T>> PostAsync<T>(string path, object body, CancellationToken ct) where T : class =>
        SendAsync<T>(new(HttpMethod.Post, path) { Content = JsonContent.Create(body, body.GetType(), options: Json) }, ct);

    async Task<Answer<T>> SendAsync<T>(HttpRequestMessage request, CancellationToken ct) where T : class
    {
        using var _ = request;
        SpeakForVisitor(request);
        try
        {
            using var response = await http.SendAsync(request, ct);
            if (!response.IsSuccessStatusCode)
                return await ApiProblem.ReadAsync(response, clock, ct);
            if (typeof(T) == typeof(Done))
                return (T)(object)Done.Instance;
            return await response.Content.ReadFromJsonAsync<T>(Json, ct) ?? throw new JsonException("The body is null.");
        }
        catch (Exception failure) when (IsOutage(failure, ct))
        {
            Log.Unreachable(logger, failure, request.Method.Method, request.RequestUri?.OriginalString.Split('?')[0] ?? "");
            return ApiProblem.Unreachable;
        }
    }

    // The session it acts for, and the device behind it: sessions and the audit log show that, not this portal.
    void SpeakForVisitor(HttpRequestMessage request)
    {
        if (context.HttpContext is not { } visitor)
            return;
        if (SessionCookie.HandleOf(visitor) is { } handle)
            request.Headers.Add(SessionHeader, handle);
        if (visitor.Connection.RemoteIpAddress is { } address)
            request.Headers.Add(VisitorAddressHeader, address.ToString());
        if (visitor.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent)
            request.Headers.TryAddWithoutValidation("User-Agent", agent);
    }

    static bool IsOutage(Exception failure, CancellationToken ct) =>
        failure is HttpRequestException or JsonException || (failure is OperationCanceledException && !ct.IsCancellationRequested);

    static string WithQuery(string path, params ReadOnlySpan<(string Name, string? Value)> query)
    {
        var separator = '?';
        foreach (var (name, value) in query)
        {
            if (string.IsNullOrEmpty(value))
                continue;
            path += $"{separator}{name}={Uri.EscapeDataString(value)}";
            separator = '&';
        }
        return path;
    }

    public static void Configure(HttpClient http, PortalOptions options)
    {
        http.BaseAddress = new(options.ApiAddress!);
        http.DefaultRequestHeaders.Add(KeyHeader, options.ApiKey);
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        // A person is waiting for the page; lists over the whole history answer well within this.
        http.Timeout = TimeSpan.FromSeconds(15);
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Method} {Path} got no readable answer from the API")]
        public static partial void Unreachable(ILogger logger, Exception failure, string method, string path);
    }
}
