namespace RecordingPlatform.Core.Sealing;

/// <summary>Why a sealed object was refused. FORMAT.md says how each is found.</summary>
public enum SealedObjectFault
{
    NotASealedObject = 1,
    UnknownVersion,
    UnknownSuite,
    UnknownFlags,
    ReservedBytesSet,
    UnknownParameters,
    ForeignDek,
    WrongKey,
    ForeignRow,
    HeaderTag,
    Truncated,
    Appended,
    WrongEnd,
    Reordered,
    Duplicated,
    SegmentAltered,
}

/// <summary>
/// A stored object is not what its row says. Nothing of the segment at fault has been handed out, but segments before it
/// may have been: an answer already begun is aborted, never ended as if it were whole.
/// </summary>
public sealed class SealedObjectException : Exception
{
    internal SealedObjectException(SealedObjectFault fault, SealedObjectIdentity identity, string detail, long? segment = null)
        : base($"Sealed object {identity.ObjectId}: {fault}. {detail}")
    {
        Fault = fault;
        Identity = identity;
        Segment = segment;
    }

    public SealedObjectFault Fault { get; }

    public SealedObjectIdentity Identity { get; }

    /// <summary>Number of the segment at fault; null when it is the header.</summary>
    public long? Segment { get; }
}
