namespace RecordingPlatform.Worker.Sftp;

enum SftpKind
{
    File,
    Folder,
    Link,

    /// <summary>A device, a socket, a pipe, or nothing that the server says.</summary>
    Other,
}

/// <summary>What a server says about a path. What it leaves out is null.</summary>
readonly record struct SftpAttributes(SftpKind Kind, long? Length, DateTimeOffset? ModifiedAt)
{
    internal uint? Owner { get; init; }

    internal uint? Mode { get; init; }
}

/// <summary>One entry of a folder, without <c>.</c> and <c>..</c>. Kind is that of the entry itself: links are not followed.</summary>
/// <param name="Name">Null when no path may be made of it: not UTF-8, empty, or with a slash, a NUL or another control character.</param>
/// <param name="Attributes">From the attributes alone; the long name, which is for people, is not read.</param>
readonly record struct SftpEntry(string? Name, SftpAttributes Attributes);

/// <summary>Takes the bytes of a file in order. The memory is the reader's again when the answer completes.</summary>
delegate ValueTask SftpSink(ReadOnlyMemory<byte> bytes, CancellationToken ct);

/// <summary>A file to read, or a part of one.</summary>
sealed record SftpFile(string Path)
{
    public long Offset { get; init; }

    /// <summary>Null for all there is, also what is added before the end is reached.</summary>
    public long? Length { get; init; }

    /// <summary>The folder in which the file must lie after all links are followed; null for anywhere.</summary>
    public string? Within { get; init; }
}

/// <summary>What was delivered, and what the open file was when it was opened.</summary>
readonly record struct SftpRead(long Delivered, SftpAttributes Attributes);
