using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace RecordingPlatform.Core.Sealing;

/// <summary>Whose object this is. Taken from the database row, never from the object, and bound into every key.</summary>
/// <param name="DekId">The data key's id; also written into the object.</param>
/// <param name="OwnerId">The recording, or the owning row of what belongs to no recording.</param>
/// <param name="ObjectId">The object's own row.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SealedObjectIdentity(Guid DekId, Guid OwnerId, Guid ObjectId)
{
    /// <summary>
    /// <see cref="SealedObjectFacts.KeyCheck"/> as the row kept it, or null. Only names a failure: with it,
    /// <see cref="SealedObjectFault.WrongKey"/> and <see cref="SealedObjectFault.ForeignRow"/> can be told apart.
    /// </summary>
    public long? KeyCheck { get; init; }

    /// <summary>Eight bytes that tell whether a DEK is the one this id belongs to (FORMAT.md, Key check).</summary>
    internal static long ComputeKeyCheck(ReadOnlySpan<byte> dek, Guid dekId)
    {
        Span<byte> id = stackalloc byte[16];
        dekId.TryWriteBytes(id, bigEndian: true, out _);
        Span<byte> check = stackalloc byte[sizeof(long)];
        FloeKeyDerivation.Expand(dek, "rvlt/1\0"u8, "KEY_CHECK:"u8, id, check);
        return BinaryPrimitives.ReadInt64BigEndian(check);
    }
}

/// <summary>What the row of a finished object records.</summary>
/// <param name="PlaintextLength">Bytes that went in.</param>
/// <param name="Segments">Follows from the length; recorded so that the row can be checked against itself.</param>
/// <param name="SealedLength">Bytes that were written to the store.</param>
/// <param name="Sha256">Of the plaintext, 32 bytes.</param>
/// <param name="KeyCheck">See <see cref="SealedObjectIdentity.KeyCheck"/>. Not secret.</param>
public sealed record SealedObjectFacts(long PlaintextLength, long Segments, long SealedLength, byte[] Sha256, long KeyCheck);
