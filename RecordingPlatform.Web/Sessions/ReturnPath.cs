namespace RecordingPlatform.Web.Sessions;

/// <summary>Where to go after signing in: a path of this portal, never another site.</summary>
internal static class ReturnPath
{
    public const string Home = "/";
    public const string Parameter = "return";

    /// <summary>
    /// The path when it is one of ours, else the other one. Browsers read <c>//host</c> and <c>/\host</c> as another
    /// site and drop control characters, so those are refused.
    /// </summary>
    public static string Checked(string? path, string otherwise = Home) =>
        path is ['/', ..] && path is not ['/', '/' or '\\', ..] && !path.Any(char.IsControl) ? path : otherwise;

    public static string SignIn(string path) =>
        Checked(path) == Home ? "/sign-in" : $"/sign-in?{Parameter}={Uri.EscapeDataString(path)}";
}
