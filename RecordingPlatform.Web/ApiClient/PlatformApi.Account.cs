namespace RecordingPlatform.Web.ApiClient;

internal sealed partial class PlatformApi
{
    /// <summary>Where the visitor is signed in, latest seen first.</summary>
    public Task<Answer<DeviceList>> GetDevicesAsync(CancellationToken ct) => GetAsync<DeviceList>("api/v1/auth/sessions", ct);

    /// <summary>404 when that session has ended already.</summary>
    public Task<Answer<Done>> EndDeviceAsync(Guid id, CancellationToken ct) => SendAsync<Done>(new(HttpMethod.Delete, $"api/v1/auth/sessions/{id}"), ct);

    /// <summary>Problems: <c>current_password_wrong</c>, <c>password_…</c>, <c>locked_out</c> with a time to wait.</summary>
    public Task<Answer<PasswordChanged>> ChangePasswordAsync(string current, string chosen, CancellationToken ct) =>
        PostAsync<PasswordChanged>("api/v1/me/password", new { CurrentPassword = current, NewPassword = chosen }, ct);

    public Task<Answer<PortalUser>> GetMeAsync(CancellationToken ct) => GetAsync<PortalUser>("api/v1/me", ct);
}

internal sealed record DeviceList
{
    public required IReadOnlyList<Device> Sessions { get; init; }
}

internal sealed record Device
{
    public required Guid Id { get; init; }
    /// <summary><c>portal</c> for a browser, <c>bearer</c> for a program.</summary>
    public required string Kind { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset SeenAt { get; init; }
    public string? Ip { get; init; }
    public string? UserAgent { get; init; }
    public required bool Current { get; init; }
}

internal sealed record PasswordChanged
{
    public required int SessionsEnded { get; init; }
}
