using System.Globalization;

namespace RecordingPlatform.Web.Shell;

/// <summary>Numbers as people read them.</summary>
internal static class Words
{
    /// <summary><c>0:07</c>, <c>12:05</c>, <c>1:02:03</c>; whole seconds, as a player counts them.</summary>
    public static string Duration(double seconds)
    {
        var span = TimeSpan.FromSeconds(Math.Floor(Math.Max(0, seconds)));
        return span.TotalHours >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{span.Minutes}:{span.Seconds:00}");
    }

    /// <summary>Decimal units, as disks and file managers count: <c>950 B</c>, <c>1.2 MB</c>.</summary>
    public static string Size(long bytes)
    {
        if (bytes < 1000)
            return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
        double value = bytes;
        var unit = -1;
        while (value >= 999.95 && unit < 3)
        {
            value /= 1000;
            unit++;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {"kMGT"[unit]}B");
    }

    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A pause that a person can plan with: <c>30 seconds</c>, <c>5 minutes</c>; rounded up.</summary>
    public static string Wait(TimeSpan time) => time.TotalSeconds <= 90
        ? Plural(Math.Max(1, (int)Math.Ceiling(time.TotalSeconds)), "second")
        : Plural((int)Math.Ceiling(time.TotalMinutes), "minute");

    /// <summary>A wire word as a person reads it: <c>recording_deleted</c> is <c>Recording deleted</c>.</summary>
    public static string Sentence(string word) => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..].Replace('_', ' ');

    public static string Times(long number) => number switch { 1 => "once", 2 => "twice", _ => $"{Count(number)} times" };

    public static string Plural(long number, string one, string many) => $"{Count(number)} {(number == 1 ? one : many)}";

    public static string Plural(long number, string one) => $"{Count(number)} {one}{(number == 1 ? "" : "s")}";
}
