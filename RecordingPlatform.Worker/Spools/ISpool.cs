namespace RecordingPlatform.Worker.Spools;

enum SpoolKind { File, Link, Other }

/// <summary>One entry of a folder of a spool. Links are not followed.</summary>
/// <param name="Name">Null when no path can be made of it.</param>
/// <param name="Kind">Of the entry itself.</param>
/// <param name="SizeBytes">As far as it has come.</param>
/// <param name="ModifiedAt">By the PBX's clock.</param>
readonly record struct SpoolEntry(string? Name, SpoolKind Kind, long SizeBytes, DateTimeOffset ModifiedAt);

/// <summary>What says whether a file is still the one that was seen.</summary>
readonly record struct SpoolStat(long SizeBytes, DateTimeOffset ModifiedAt)
{
    /// <summary>To the microsecond: what the database keeps.</summary>
    public static DateTimeOffset Rounded(DateTimeOffset at) => at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond));
}

/// <summary>Takes the bytes of a file in order; the memory is the reader's again when the answer completes.</summary>
delegate ValueTask SpoolSink(ReadOnlyMemory<byte> bytes, CancellationToken ct);

/// <summary>
/// Where a PBX leaves its recordings, read only. Paths are relative to it, with <c>/</c>, and never lead out of it: links are
/// refused, also those that are put in place between two questions.
/// </summary>
interface ISpool
{
    /// <summary>The entries of a folder; empty when the spool has no such folder.</summary>
    /// <exception cref="SpoolException">The spool cannot be read.</exception>
    Task<IReadOnlyList<SpoolEntry>> ListAsync(string folder, CancellationToken ct);

    /// <summary>Reads a file from an offset to where it ends now, or to the given end.</summary>
    /// <returns>What the open file was.</returns>
    /// <exception cref="SpoolException">Not that file, or not now: what the sink got is whole, and an offset goes on from there.</exception>
    Task<SpoolStat> ReadAsync(string path, long offset, long end, SpoolSink sink, CancellationToken ct);

    /// <summary>What the file is now; null when there is none.</summary>
    /// <exception cref="SpoolException">The spool cannot be read.</exception>
    Task<SpoolStat?> StatAsync(string path, CancellationToken ct);
}

enum SpoolFault
{
    /// <summary>The PBX shows a host key that is not pinned: nobody looks until a person has.</summary>
    HostKey,
    /// <summary>What is set for the source cannot be used.</summary>
    Settings,
    /// <summary>No connection, or a lost one.</summary>
    Unreachable,
    /// <summary>The PBX, or the mount, does not let us read.</summary>
    Denied,
    /// <summary>There is no such file.</summary>
    Missing,
    /// <summary>A link, a folder or a device, or something behind a link.</summary>
    NotAFile,
}

/// <summary>A spool could not be read. The message says what to do, and holds neither paths nor names of files.</summary>
sealed class SpoolException(SpoolFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public SpoolFault Fault { get; } = fault;
}
