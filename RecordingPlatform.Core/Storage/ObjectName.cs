using System.Runtime.CompilerServices;

namespace RecordingPlatform.Core.Storage;

/// <summary>The names every provider accepts, so that an object can move between them (CONTRACT.md).</summary>
public static class ObjectName
{
    /// <summary>Holds at most 250 segments, where Azure Blob allows 254; S3 and Azure both allow 1,024 characters.</summary>
    public const int MaxLength = 500;

    /// <summary>A file name has 255 bytes, of which the disk store needs a few for its suffix.</summary>
    public const int MaxSegmentLength = 200;

    public static bool IsValid(string name) => name.Length > 0 && Fits(name, isPrefix: false);

    /// <exception cref="ArgumentException">Shows the name.</exception>
    public static void ThrowIfInvalid(string name, [CallerArgumentExpression(nameof(name))] string? parameter = null)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (!IsValid(name))
            throw new ArgumentException($"'{Shown(name)}' is not an object name.", parameter);
    }

    /// <summary>A prefix is empty or any beginning of a name.</summary>
    /// <exception cref="ArgumentException">Shows the prefix.</exception>
    public static void ThrowIfInvalidPrefix(string prefix, [CallerArgumentExpression(nameof(prefix))] string? parameter = null)
    {
        ArgumentNullException.ThrowIfNull(prefix, parameter);
        if (!Fits(prefix, isPrefix: true))
            throw new ArgumentException($"'{Shown(prefix)}' is not the beginning of an object name.", parameter);
    }

    static bool Fits(ReadOnlySpan<char> text, bool isPrefix)
    {
        if (text.Length > MaxLength || text.Contains("..", StringComparison.Ordinal))
            return false;

        while (true)
        {
            var slash = text.IndexOf('/');
            var unfinished = isPrefix && slash < 0;
            if (!IsSegment(slash < 0 ? text : text[..slash], unfinished))
                return false;
            if (slash < 0)
                return true;
            text = text[(slash + 1)..];
        }
    }

    static bool IsSegment(ReadOnlySpan<char> segment, bool unfinished)
    {
        if (segment.IsEmpty)
            return unfinished;
        return segment.Length <= MaxSegmentLength
            && char.IsBetween(segment[0], 'a', 'z') | char.IsAsciiDigit(segment[0])
            && (unfinished || segment[^1] != '.')
            && !segment.ContainsAnyExcept(Characters);
    }

    // A hostile name ends in a log or a terminal: no control characters, no megabytes.
    static string Shown(string name) =>
        string.Create(Math.Min(name.Length, 80), name, static (shown, from) =>
        {
            for (var i = 0; i < shown.Length; i++)
                shown[i] = from[i] is >= ' ' and <= '~' ? from[i] : '?';
        }) + (name.Length > 80 ? $"… ({name.Length} characters)" : "");

    static readonly System.Buffers.SearchValues<char> Characters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");
}
