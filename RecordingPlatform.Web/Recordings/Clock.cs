using System.Globalization;

namespace RecordingPlatform.Web.Recordings;

/// <summary>Positions in a recording as people type them: <c>1:02:03</c>, <c>2:03</c>, <c>2:03.5</c>, <c>123</c>.</summary>
internal static class Clock
{
    /// <returns>Seconds; null when it is no position.</returns>
    public static double? Parse(string text)
    {
        var parts = text.Trim().Split(':');
        if (parts.Length > 3 || !double.TryParse(parts[^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
            return null;
        // Only the first of several parts may go beyond sixty.
        if (parts.Length > 1 && seconds >= 60)
            return null;
        var unit = 60;
        for (var i = parts.Length - 2; i >= 0; i--, unit *= 60)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out var whole) || (i > 0 && whole >= 60))
                return null;
            seconds += (double)whole * unit;
        }
        return seconds;
    }

    /// <summary>A position as an address has it.</summary>
    public static string Query(double seconds) => seconds.ToString("0.###", CultureInfo.InvariantCulture);
}
