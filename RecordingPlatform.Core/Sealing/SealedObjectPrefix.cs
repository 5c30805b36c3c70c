namespace RecordingPlatform.Core.Sealing;

/// <summary>The 32 bytes before the FLOE stream, and the associated data that binds an object to its row.</summary>
internal static class SealedObjectPrefix
{
    const byte Version = 1;
    const byte Suite = 1;
    const int IdLength = 16;

    static ReadOnlySpan<byte> Magic => "RVLT"u8;
    static ReadOnlySpan<byte> Label => "rvlt/1\0"u8;

    public const int AadLength = 7 + SealedLayout.PrefixLength + 2 * IdLength;

    public static void Write(Span<byte> prefix, Guid dekId)
    {
        prefix[..SealedLayout.PrefixLength].Clear();
        Magic.CopyTo(prefix);
        prefix[4] = Version;
        prefix[5] = Suite;
        dekId.TryWriteBytes(prefix[8..], bigEndian: true, out _);
    }

    public static void WriteAad(Span<byte> aad, ReadOnlySpan<byte> prefix, SealedObjectIdentity identity)
    {
        Label.CopyTo(aad);
        aad = aad[Label.Length..];
        prefix[..SealedLayout.PrefixLength].CopyTo(aad);
        aad = aad[SealedLayout.PrefixLength..];
        identity.OwnerId.TryWriteBytes(aad, bigEndian: true, out _);
        identity.ObjectId.TryWriteBytes(aad[IdLength..], bigEndian: true, out _);
    }

    /// <summary>Refuses every header that version 1 does not write for this row, before a key is used.</summary>
    /// <exception cref="SealedObjectException">Names the first field that is not understood.</exception>
    public static void Check(ReadOnlySpan<byte> header, SealedObjectIdentity identity)
    {
        if (!header.StartsWith(Magic))
            throw Refuse(SealedObjectFault.NotASealedObject, header[..4]);
        if (header[4] != Version)
            throw Refuse(SealedObjectFault.UnknownVersion, header[4..5]);
        if (header[5] != Suite)
            throw Refuse(SealedObjectFault.UnknownSuite, header[5..6]);
        if (header[6..8].ContainsAnyExcept((byte)0))
            throw Refuse(SealedObjectFault.UnknownFlags, header[6..8]);
        if (header[24..32].ContainsAnyExcept((byte)0))
            throw Refuse(SealedObjectFault.ReservedBytesSet, header[24..32]);

        var dekId = new Guid(header.Slice(8, IdLength), bigEndian: true);
        if (dekId != identity.DekId)
            throw new SealedObjectException(SealedObjectFault.ForeignDek, identity, $"It names DEK {dekId}, its row {identity.DekId}.");

        Span<byte> parameters = stackalloc byte[FloeParameters.EncodedLength];
        SealedLayout.Floe.Encode(parameters);
        var found = header.Slice(SealedLayout.PrefixLength, FloeParameters.EncodedLength);
        if (!found.SequenceEqual(parameters))
            throw Refuse(SealedObjectFault.UnknownParameters, found);

        SealedObjectException Refuse(SealedObjectFault fault, ReadOnlySpan<byte> bytes) =>
            new(fault, identity, $"Found {Convert.ToHexString(bytes)}.");
    }
}
