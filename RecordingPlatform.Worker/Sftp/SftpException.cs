namespace RecordingPlatform.Worker.Sftp;

/// <summary>What an operator has to look at.</summary>
enum SftpFault
{
    /// <summary>No connection, or nothing behind it that speaks SSH.</summary>
    HostUnreachable,

    /// <summary>The host shows another key than the pinned one of the same type.</summary>
    HostKeyChanged,

    /// <summary>The host shows a key of a type that is not pinned.</summary>
    HostKeyUnknown,

    /// <summary>Host and client have no algorithm in common.</summary>
    NothingInCommon,

    /// <summary>The host does not accept this key for this user.</summary>
    SignInRefused,

    /// <summary>Our own private key cannot be read.</summary>
    KeyUnusable,

    /// <summary>Signed in, but the account gets no SFTP.</summary>
    SubsystemRefused,

    /// <summary>The path does not exist, or not as what was asked for.</summary>
    NoSuchFile,

    /// <summary>The path may not be read by this user.</summary>
    PermissionDenied,

    /// <summary>The server refuses one request for a reason of its own.</summary>
    Refused,

    /// <summary>The path leads out of the folder it has to lie in.</summary>
    OutsideRoot,

    /// <summary>The session ended from the other side.</summary>
    ConnectionLost,

    /// <summary>The session was ended here: nothing came for too long.</summary>
    Stalled,

    /// <summary>The session was ended here: what came is not SFTP version 3.</summary>
    ProtocolViolated,

    /// <summary>ssh is not installed on the worker's machine.</summary>
    ClientMissing,
}

/// <summary>A session or one of its requests failed. Messages name host and port and say what to do; never a path, a key or a password.</summary>
sealed class SftpException(SftpFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public SftpFault Fault { get; } = fault;

    /// <summary>The fingerprint of the key that the host showed, when it is known.</summary>
    public string? OfferedFingerprint { get; init; }

    /// <summary>Whether it is about one path only: the session goes on.</summary>
    public bool IsAboutThePath => Fault is SftpFault.NoSuchFile or SftpFault.PermissionDenied or SftpFault.Refused or SftpFault.OutsideRoot;

    /// <summary>The same failure for another caller: an exception that is thrown twice mixes up its traces.</summary>
    internal SftpException Again() => new(Fault, Message, this) { OfferedFingerprint = OfferedFingerprint };
}
