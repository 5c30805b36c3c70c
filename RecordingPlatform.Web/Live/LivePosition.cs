namespace RecordingPlatform.Web.Live;

/// <summary>
/// The last event before a page was drawn, as the API told it with the session: the page's own stream goes on from there, so
/// that nothing falls between the drawing and the listening.
/// </summary>
internal static class LivePosition
{
    static readonly object Key = new();

    public static void Set(HttpContext context, long? position) => context.Items[Key] = position;

    public static long? Of(HttpContext? context) => context?.Items[Key] as long?;
}
