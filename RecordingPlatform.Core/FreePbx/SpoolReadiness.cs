namespace RecordingPlatform.Core.FreePbx;

/// <summary>
/// When a file that is written under its final name counts as finished. Only standing still says so, and a call on hold lets a
/// file stand still too: while the call's end is not known, more is asked for.
/// </summary>
public static class SpoolReadiness
{
    /// <summary>One look cannot tell a file that stands from one that moves.</summary>
    public const int Looks = 2;

    /// <summary>Longer than the writer's buffer takes to fill: 4 KiB of GSM are 2.5 s.</summary>
    public static readonly TimeSpan AfterTheEnd = TimeSpan.FromSeconds(3);

    /// <summary>Longer than most holds. Whatever the format: without a header, or in MP3, nothing in a file says that it was closed.</summary>
    public static readonly TimeSpan WhileItMayLast = TimeSpan.FromSeconds(60);

    /// <param name="still">For how long size and time have not changed, by our own clock.</param>
    /// <param name="looks">How many looks in a row found them so.</param>
    /// <param name="ended">Whether the end of the call is known.</param>
    public static bool IsReady(TimeSpan still, int looks, bool ended) => looks >= Looks && still >= (ended ? AfterTheEnd : WhileItMayLast);
}
