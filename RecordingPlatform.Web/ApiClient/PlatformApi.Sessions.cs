namespace RecordingPlatform.Web.ApiClient;

internal sealed partial class PlatformApi
{
    /// <summary>Problems: <c>invalid_credentials</c>, <c>two_factor_required</c>, <c>locked_out</c> with a time to wait.</summary>
    public Task<Answer<OpenedSession>> OpenSessionAsync(Credentials credentials, CancellationToken ct) =>
        PostAsync<OpenedSession>("internal/portal/sessions", credentials, ct);

    /// <summary>Whose session the browser's cookie names; 401 once it has ended.</summary>
    public Task<Answer<CurrentSession>> GetSessionAsync(CancellationToken ct) => GetAsync<CurrentSession>("internal/portal/session", ct);

    public Task<Answer<Done>> EndSessionAsync(CancellationToken ct) =>
        SendAsync<Done>(new(HttpMethod.Delete, "internal/portal/session"), ct);
}

internal sealed record Credentials(string Email, string Password, string? TwoFactorCode = null);

internal sealed record OpenedSession
{
    public required string Handle { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}

internal sealed record CurrentSession
{
    public required PortalUser User { get; init; }
    /// <summary>What is read after this is at least as new as this event.</summary>
    public long? EventsPosition { get; init; }
}

internal sealed record PortalUser
{
    public required Guid Id { get; init; }
    public string? Email { get; init; }
    public string? DisplayName { get; init; }
    public IReadOnlyList<string> Roles { get; init; } = [];
    public IReadOnlyList<string> Permissions { get; init; } = [];
}
