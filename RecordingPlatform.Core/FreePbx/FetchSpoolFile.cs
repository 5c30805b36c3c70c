using System.Security.Cryptography;
using System.Text;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Core.FreePbx;

/// <summary>Takes in one recording from a spool: a file, or the two legs of one.</summary>
public sealed record FetchSpoolFile : IJobArguments
{
    public static string Kind => "spool.fetch";

    public required Guid SpoolFileId { get; init; }

    /// <summary>The leg that was said, when <see cref="SpoolFileId"/> is the one that was heard.</summary>
    public Guid? OtherLegId { get; init; }

    /// <summary>Nothing more will come: a header without anything behind it is taken as it is.</summary>
    public bool AsItIs { get; init; }

    public static string KeyOf(Guid sourceId, Guid spoolFileId) => $"fetch:{sourceId}:{spoolFileId}";

    /// <summary>What a recording is called by where it lies: one name for one path, from which nobody reads the numbers that the path holds.</summary>
    public static string ExternalIdOf(string path) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 16));
}

/// <summary>Looks through the spools of all PBXs for recordings of calls that nobody reported.</summary>
public sealed record SweepSpools : IJobArguments
{
    public static string Kind => "spool.sweep";
}

/// <summary>Looks through the spool of one.</summary>
public sealed record SweepSpool : IJobArguments
{
    public static string Kind => "spool.sweep_source";

    public required Guid SourceId { get; init; }

    public static string KeyOf(Guid sourceId) => $"sweep:{sourceId}";
}
