using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace RecordingPlatform.Web.ApiClient;

internal sealed partial class PlatformApi
{
    /// <summary>Longer than the API waits for a worker's answer to a test.</summary>
    static readonly TimeSpan TestPatience = TimeSpan.FromSeconds(30);

    public Task<Answer<ConnectedSources>> ListConnectedSourcesAsync(bool live, CancellationToken ct) => GetAsync<ConnectedSources>(WithQuery("api/v1/sources", Live(live)), ct);

    public Task<Answer<ConnectedSource>> GetSourceAsync(Guid id, bool live, CancellationToken ct) => GetAsync<ConnectedSource>(WithQuery($"api/v1/sources/{id}", Live(live)), ct);

    public Task<Answer<ConnectedSource>> CreateSourceAsync(JsonObject source, CancellationToken ct) =>
        SendAsync<ConnectedSource>(new(HttpMethod.Post, "api/v1/sources") { Content = JsonContent.Create(source) }, ct);

    /// <summary>Only what is named changes; null and absent are two things.</summary>
    public Task<Answer<ConnectedSource>> ChangeSourceAsync(Guid id, JsonObject change, CancellationToken ct) =>
        SendAsync<ConnectedSource>(new(HttpMethod.Patch, $"api/v1/sources/{id}") { Content = JsonContent.Create(change) }, ct);

    /// <summary>Only what is named changes; null clears.</summary>
    public Task<Answer<ChangedSecrets>> ChangeSecretsAsync(Guid id, JsonObject secrets, CancellationToken ct) =>
        SendAsync<ChangedSecrets>(new(HttpMethod.Put, $"api/v1/sources/{id}/secrets") { Content = JsonContent.Create(secrets) }, ct);

    /// <summary>From then on only the newest webhook secret signs.</summary>
    public Task<Answer<Done>> EndPreviousSecretAsync(Guid id, CancellationToken ct) =>
        SendAsync<Done>(new(HttpMethod.Delete, $"api/v1/sources/{id}/secrets/previous"), ct);

    public Task<Answer<SourceReports>> ListReportsAsync(Guid id, string? cursor, int pageSize, bool live, CancellationToken ct) =>
        GetAsync<SourceReports>(WithQuery($"api/v1/sources/{id}/events", ("cursor", cursor), ("page_size", pageSize.ToString(CultureInfo.InvariantCulture)), Live(live)), ct);

    /// <summary>Answers when the test is done, or after a while without its findings. This instance sends nothing else before it.</summary>
    public Task<Answer<SourceTest>> TestSourceAsync(Guid id, CancellationToken ct)
    {
        http.Timeout = TestPatience;
        return SendAsync<SourceTest>(new(HttpMethod.Post, $"api/v1/sources/{id}/test"), ct);
    }

    public Task<Answer<SourceTest>> GetTestAsync(Guid id, Guid test, CancellationToken ct) => GetAsync<SourceTest>($"api/v1/sources/{id}/tests/{test}", ct);
}

public sealed record ConnectedSources
{
    public required IReadOnlyList<ConnectedSource> Sources { get; init; }
}

/// <summary>Where recordings come from, and how it is set up.</summary>
public sealed record ConnectedSource
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Kind { get; init; }
    public required bool Enabled { get; init; }
    /// <summary>IANA name: the zone of its file names and folders.</summary>
    public required string TimeZone { get; init; }
    public string? PublicBaseUrl { get; init; }
    public string? MediaLocation { get; init; }
    public bool NoiseReduction { get; init; }
    public SourceSettings Settings { get; init; } = new();
    /// <summary>Null while the platform cannot read them.</summary>
    public SetSecrets? Secrets { get; init; }
    /// <summary>Where the outside system reports; null for those that do not.</summary>
    public string? WebhookUrl { get; init; }
    public DateTimeOffset? LastEventAt { get; init; }
    [JsonPropertyName("events_24h")]
    public long Events24h { get; init; }
    [JsonPropertyName("refused_24h")]
    public long Refused24h { get; init; }
    public long Missing { get; init; }
    /// <summary>Null while recordings are fetched.</summary>
    public StoppedRetrieval? RetrievalStopped { get; init; }
}

/// <summary>Nothing is fetched until a person has looked and the source was changed.</summary>
public sealed record StoppedRetrieval(string Reason, DateTimeOffset StoppedAt);

public sealed record SourceSettings
{
    public IReadOnlyList<string> HostKeys { get; init; } = [];
    public IReadOnlyList<SourceCamera> Cameras { get; init; } = [];
    public int DueAfterMinutes { get; init; }
    public int SweepDays { get; init; }
    public string? S3ServiceUrl { get; init; }
    public string? S3Region { get; init; }
}

public sealed record SourceCamera
{
    public required string Id { get; init; }
    public required string Url { get; init; }
}

/// <summary>Which secrets are set; never a value.</summary>
public record SetSecrets
{
    /// <summary>0 to 2: while one replaces the other both sign.</summary>
    public int WebhookSecrets { get; init; }
    public bool SshPrivateKey { get; init; }
    /// <summary>The line for the other machine's <c>authorized_keys</c>.</summary>
    public string? SshPublicKey { get; init; }
    public bool S3Keys { get; init; }
    /// <summary>Ids of the cameras that have one.</summary>
    public IReadOnlyList<string> CameraCredentials { get; init; } = [];
}

public sealed record ChangedSecrets : SetSecrets
{
    /// <summary>The new one, once: only when the platform made it.</summary>
    public string? WebhookSecret { get; init; }
}

public sealed record SourceReports
{
    public required IReadOnlyList<SourceReport> Events { get; init; }
    public IReadOnlyList<RefusedDelivery> Refused { get; init; } = [];
    public string? NextCursor { get; init; }
}

/// <summary>Something that the outside system reported.</summary>
public sealed record SourceReport
{
    public required Guid Id { get; init; }
    public required string Kind { get; init; }
    /// <summary><c>received</c>, <c>applied</c>, <c>ignored</c> or <c>refused</c>.</summary>
    public required string State { get; init; }
    public string? Refusal { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }
    public int Attempts { get; init; }
    public Guid? ConversationId { get; init; }
    public Guid? RecordingId { get; init; }
}

/// <summary>Deliveries turned away at the door, of one hour.</summary>
public sealed record RefusedDelivery
{
    public required string Code { get; init; }
    public required string Detail { get; init; }
    public required long Count { get; init; }
    public required DateTimeOffset LastAt { get; init; }
}

public sealed record SourceTest
{
    public required Guid Id { get; init; }
    /// <summary>Null while it runs, and when no worker did: then a finding says so.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
    public IReadOnlyList<SourceFinding> Findings { get; init; } = [];

    public bool IsRunning => FinishedAt is null && Findings.Count == 0;
}

public sealed record SourceFinding
{
    public required string Subject { get; init; }
    public required bool Ok { get; init; }
    public required string Message { get; init; }
}
