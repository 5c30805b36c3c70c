using RecordingPlatform.Worker.Children;

namespace RecordingPlatform.Worker.Sftp;

/// <summary>
/// What ssh says on standard error at LogLevel DEBUG1, reduced to what tells one failure from another. Its words are in English
/// under LC_ALL=C. What a server says before it is known (its banner comes after the host key) cannot stand for it.
/// </summary>
sealed class SshLog
{
    const string Debug = "debug1: ";
    const int LongestReason = 200;

    public SshLog() => Lines = new BoundedLines(Take);

    public BoundedLines Lines { get; }

    public bool Connected { get; private set; }

    public bool SignedIn { get; private set; }

    public bool KeyRejectedHere { get; private set; }

    public bool SignInRefused { get; private set; }

    public bool HostKeyRefused { get; private set; }

    public bool SubsystemRefused { get; private set; }

    /// <summary>Of the host key: ssh-ed25519 and the like.</summary>
    public string? OfferedType { get; private set; }

    public string? OfferedFingerprint { get; private set; }

    /// <summary>The host's own list of algorithms, when none of ours is on it.</summary>
    public string? NothingInCommon { get; private set; }

    /// <summary>Why there was no connection, in ssh's words.</summary>
    public string? Unreachable { get; private set; }

    /// <summary>The last thing ssh said to people.</summary>
    public string LastWords { get; private set; } = "";

    void Take(string line)
    {
        if (line.StartsWith(Debug, StringComparison.Ordinal))
        {
            var detail = line.AsSpan(Debug.Length);
            if (detail.StartsWith("Connection established"))
                Connected = true;
            else if (OfferedFingerprint is null && line.Split(' ') is ["debug1:", "Server", "host", "key:", var type, var fingerprint])
                (OfferedType, OfferedFingerprint) = (Printable(type), Printable(fingerprint));
            return;
        }

        if (line.StartsWith("Authenticated to ", StringComparison.Ordinal))
        {
            SignedIn = true;
            return;
        }
        // From here on the server may have a say, which changes nothing but which refusal is named.
        if (line.StartsWith("Host key verification failed", StringComparison.Ordinal))
            HostKeyRefused = true;
        else if (line.StartsWith("Load key ", StringComparison.Ordinal))
            KeyRejectedHere = true;
        else if (line.Contains("Permission denied (", StringComparison.Ordinal) || line.Contains("Too many authentication failures", StringComparison.Ordinal))
            SignInRefused = true;
        else if (line.StartsWith("Unable to negotiate with ", StringComparison.Ordinal))
            NothingInCommon = After(line, ": ");
        else if (line.StartsWith("subsystem request failed", StringComparison.Ordinal))
            SubsystemRefused = true;
        else if (line.StartsWith("ssh: connect to host ", StringComparison.Ordinal) || line.StartsWith("ssh: Could not resolve hostname ", StringComparison.Ordinal))
            Unreachable = Printable(line.AsSpan(line.LastIndexOf(": ", StringComparison.Ordinal) + 2));
        if (!line.StartsWith('@') && Printable(line) is { Length: > 0 } words)
            LastWords = words;
    }

    static string After(string line, string mark) =>
        line.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? Printable(line.AsSpan(at + mark.Length)) : Printable(line);

    static string Printable(ReadOnlySpan<char> text) =>
        string.Concat(text[..Math.Min(text.Length, LongestReason)].ToString().Where(c => c is >= ' ' and < '\u007f')).Trim().TrimEnd('.');
}
