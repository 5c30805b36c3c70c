using System.Diagnostics.CodeAnalysis;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Core.Jibri;

/// <summary>
/// Where one recording of Jibri lies, <c>session-directory/file.mp4</c>. Report, push and sweep each see it from another side
/// and must mean the same recording.
/// </summary>
public static class MediaPath
{
    /// <summary>What PostgreSQL's index and most file systems take with room to spare.</summary>
    public const int LongestPath = 1024;

    /// <summary>
    /// Which recording of its source a file is: the last two segments of its path, or the recording's name when the file lies in
    /// no directory. The directory is the session's own, so one room may be recorded twice at the same second.
    /// </summary>
    /// <param name="path">Below the media location, or of the machine that recorded.</param>
    public static string ExternalIdOf(string path) => Segments(path) switch
    {
        [] => Visible(path),
        [var file] => Visible(RecordingName.Read(file).Name),
        [.., var directory, var file] => Visible($"{directory}/{file}"),
    };

    /// <summary>By which a meeting is known: room and time, or all that there is when the name has no time.</summary>
    public static string KeyOf(string path) =>
        RecordingName.Read(FileOf(path)) is { LocalTime: not null } name ? Visible(name.Name) : ExternalIdOf(path);

    /// <summary>The last segment.</summary>
    public static string FileOf(string path) => Segments(path) is [.., var file] ? file : path;

    /// <summary>What is wrong with a path below a media location, as a sentence; null when nothing is.</summary>
    public static string? ProblemOf(string path)
    {
        if (path.Length is 0 or > LongestPath)
            return $"A path has 1 to {LongestPath} characters.";
        if (path.Contains('\0', StringComparison.Ordinal))
            return "A path holds no zero byte.";
        return path.Split('/').Any(part => part is "" or "." or "..") ? "A path has no empty segment, and none that is '.' or '..'." : null;
    }

    /// <summary>
    /// The path below the media location that a report means. Whatever leads elsewhere is refused by its text alone, before
    /// anything is opened.
    /// </summary>
    /// <param name="reported">As reported: relative, absolute, or an address of a bucket.</param>
    /// <param name="location">Of the source.</param>
    /// <param name="path">Below the location, with <c>/</c>.</param>
    /// <param name="problem">Why it is refused, as a sentence.</param>
    public static bool TryRelate(string reported, MediaLocation location, [NotNullWhen(true)] out string? path, [NotNullWhen(false)] out string? problem)
    {
        (path, problem) = Relate(reported, location);
        if (path is not null && ProblemOf(path) is { } wrong)
            (path, problem) = (null, $"The reported path is refused: {wrong}");
        return path is not null;
    }

    static (string?, string?) Relate(string reported, MediaLocation location) => location switch
    {
        MediaLocation.Folder { Path: var root } when reported.StartsWith('/') =>
            Below(reported, root.TrimEnd('/') + "/", "The reported path lies outside the source's folder: it was not read. Is the folder mounted elsewhere than on Jibri's machine?"),
        MediaLocation.Bucket { Name: var bucket, Prefix: var prefix } when reported.Contains("://", StringComparison.Ordinal) =>
            Below(reported, $"s3://{bucket}/{prefix}", "The reported address lies outside the source's bucket and prefix: it was not read."),
        _ when reported.StartsWith('/') => (null, "The reported path is one of Jibri's machine, and the source's media lie in a bucket: it was not read."),
        _ when reported.Contains("://", StringComparison.Ordinal) => (null, "The reported path is an address, and the source's media lie in a folder: it was not read."),
        _ => (reported, null),
    };

    static (string?, string?) Below(string reported, string root, string otherwise) =>
        reported.StartsWith(root, StringComparison.Ordinal) && reported.Length > root.Length ? (reported[root.Length..], null) : (null, otherwise);

    static string[] Segments(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A room's name is whatever somebody typed: what no page or log can show becomes the same sign on every side.</summary>
    public static string Visible(string name) => string.Create(name.Length, name, (text, from) =>
    {
        for (var i = 0; i < from.Length; i++)
            text[i] = char.IsControl(from[i]) ? '_' : from[i];
    });
}
