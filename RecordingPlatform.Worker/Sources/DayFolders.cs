namespace RecordingPlatform.Worker.Sources;

/// <summary>A PBX's folders <c>YYYY/MM/DD</c>, wherever they are listed.</summary>
internal static class DayFolders
{
    /// <summary>Entries looked at in one folder.</summary>
    public const int Most = 10_000;

    static readonly int[] Digits = [4, 2, 2];

    /// <summary>The newest, as <c>2026/11/25</c>; null when there is none.</summary>
    /// <param name="list">Names of the folders in a folder, which is given relative to the root.</param>
    public static async ValueTask<string?> NewestAsync(Func<string, ValueTask<List<string>>> list)
    {
        var path = "";
        foreach (var digits in Digits)
        {
            var newest = (await list(path)).Where(name => name.Length == digits && name.All(char.IsAsciiDigit)).Max(StringComparer.Ordinal);
            if (newest is null)
                return null;
            path = path.Length == 0 ? newest : $"{path}/{newest}";
        }
        return path;
    }

    /// <param name="there">The beginning of the sentence.</param>
    /// <param name="count">Entries of the root, to <see cref="Most"/>.</param>
    /// <param name="byDay">Whether there should be folders of days.</param>
    /// <param name="day">The newest.</param>
    public static string Say(string there, int count, bool byDay, string? day) =>
        $"{there} and lists {(count >= Most ? $"{Most} entries or more" : count == 1 ? "one entry" : $"{count} entries")}."
        + (!byDay ? "" : day is null ? " It has no folder of a day (YYYY/MM/DD) yet: either nothing was recorded, or the recordings lie elsewhere." : $" Its newest day is {day}.");
}
