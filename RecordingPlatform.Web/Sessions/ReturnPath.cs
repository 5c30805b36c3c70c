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

    /// <summary>That path with one more parameter, which says what came of a form.</summary>
    public static string Telling(string? path, string otherwise, string told)
    {
        var back = Checked(path, otherwise);
        return $"{back}{(back.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{told}";
    }

    public static string SignIn(string path) =>
        Checked(path) == Home ? "/sign-in" : $"/sign-in?{Parameter}={Uri.EscapeDataString(path)}";
}
