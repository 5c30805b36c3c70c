namespace RecordingPlatform.Tests.Fixtures;

/// <summary>
/// A platform that was set up by its own commands and never started: database, key file, store and users of the demo. Copied for
/// each platform that would be set up the same way, which takes a tenth of the time.
/// </summary>
internal sealed class PlatformSeed(Platform platform) : IAsyncDisposable
{
    static readonly string[] s_counts = ["Storage__", "Keys__", "Demo__", "Database__", "Administrator__", "Portal__ApiKey", "ConnectionStrings__blobs", "ConnectionStrings__recordings"];

    public Platform Platform => platform;

    /// <summary>Whether a platform with this setting would be set up in another way.</summary>
    public static bool DependsOn(string setting) => s_counts.Any(part => setting.StartsWith(part, StringComparison.Ordinal));

    /// <summary>With modes and times: a key file is its owner's alone.</summary>
    public Task CopyToAsync(string folder) => Run.ToEndAsync("cp", "-a", platform.Folder + "/.", folder);

    public ValueTask DisposeAsync() => platform.DisposeAsync();
}
