using System.Diagnostics.CodeAnalysis;

namespace RecordingPlatform.Core.Sources;

/// <summary>
/// Where a source leaves its media, as an address: <c>/srv/jibri</c>, <c>sftp://user@host:22/var/spool/asterisk/monitor</c>,
/// <c>s3://bucket/prefix</c>. Holds no password: credentials are among the source's secrets.
/// </summary>
public abstract record MediaLocation
{
    private protected MediaLocation()
    {
    }

    /// <summary>A folder that the workers see, such as a mount.</summary>
    public sealed record Folder(string Path) : MediaLocation
    {
        public override string ToString() => Path;
    }

    /// <summary>A folder of a machine that is reached by SSH.</summary>
    public sealed record Sftp(string Host, int Port, string User, string Path) : MediaLocation
    {
        public override string ToString() => $"sftp://{User}@{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}{Path}";
    }

    /// <summary>All objects of a bucket whose names begin with the prefix, which is empty or ends with <c>/</c>.</summary>
    public sealed record Bucket(string Name, string Prefix) : MediaLocation
    {
        public override string ToString() => $"s3://{Name}/{Prefix}";
    }

    /// <param name="text">As an administrator writes it.</param>
    /// <param name="location">What it names.</param>
    /// <param name="problem">What is wrong with it, and how to write it.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out MediaLocation? location, [NotNullWhen(false)] out string? problem)
    {
        (location, problem) = Parse(text);
        return location is not null;
    }

    static (MediaLocation?, string?) Parse(string text)
    {
        if (text.Any(char.IsControl))
            return (null, "A media location holds no control characters.");
        if (text.StartsWith('/'))
            return IsPlainPath(text) ? (new Folder(Trimmed(text)), null) : (null, "A folder is an absolute path without '.' or '..' in it.");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Query.Length > 0 || address.Fragment.Length > 0)
            return (null, "A media location is an absolute path, sftp://user@host/path or s3://bucket/prefix.");
        if (address.UserInfo.Contains(':', StringComparison.Ordinal))
            return (null, "A media location holds no password: store it with the source's secrets.");
        var path = Uri.UnescapeDataString(address.AbsolutePath);
        switch (address.Scheme)
        {
            case "sftp" when address.UserInfo.Length == 0 || address.IdnHost.Length == 0:
                return (null, "An SFTP location names its user and host: sftp://user@host/path.");
            // What ssh would take for an option is no name.
            case "sftp" when address.UserInfo[0] == '-' || address.IdnHost[0] == '-':
                return (null, "Neither user nor host begins with '-'.");
            case "sftp" when !IsUser(Uri.UnescapeDataString(address.UserInfo)):
                return (null, "The user of an SFTP location is an account's name: up to 64 letters, digits and . _ - $.");
            case "sftp":
                return IsPlainPath(path) && !address.OriginalString.Contains("..", StringComparison.Ordinal)
                    ? (new Sftp(address.IdnHost.Trim('[', ']'), address.IsDefaultPort || address.Port <= 0 ? 22 : address.Port, Uri.UnescapeDataString(address.UserInfo), Trimmed(path)), null)
                    : (null, "The path of an SFTP location is absolute, without '.' or '..' in it.");
            case "s3":
                var prefix = path.Trim('/');
                return address.Host.Length > 0 ? (new Bucket(address.Host, prefix.Length == 0 ? "" : prefix + "/"), null) : (null, "An S3 location names its bucket: s3://bucket/prefix.");
            default:
                return (null, $"'{address.Scheme}:' is no media location: use an absolute path, sftp://user@host/path or s3://bucket/prefix.");
        }
    }

    static bool IsUser(string user) => user.Length is > 0 and <= 64 && user.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '$');

    static bool IsPlainPath(string path) => path.StartsWith('/') && !path.Split('/').Any(part => part is "." or "..");

    static string Trimmed(string path) => path.Length > 1 ? path.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/" : path;
}
