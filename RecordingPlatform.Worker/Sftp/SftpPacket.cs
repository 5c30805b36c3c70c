using System.Buffers.Binary;
using System.Text;

namespace RecordingPlatform.Worker.Sftp;

/// <summary>The packets of SFTP version 3 that reading needs (draft-ietf-secsh-filexfer-02, section 3).</summary>
enum SftpPacket : byte
{
    Init = 1,
    Version = 2,
    Open = 3,
    Close = 4,
    Read = 5,
    LinkStat = 7,
    HandleStat = 8,
    OpenFolder = 11,
    ReadFolder = 12,
    RealPath = 16,
    Stat = 17,
    Status = 101,
    Handle = 102,
    Data = 103,
    Name = 104,
    Attributes = 105,

    /// <summary>What a server offers beyond version 3, by name: of OpenSSH's, only <c>limits@openssh.com</c> is used.</summary>
    Extended = 200,
    ExtendedReply = 201,
}

/// <summary>Status codes (section 7) that mean something to a reader.</summary>
static class SftpStatus
{
    public const uint Ok = 0;
    public const uint EndOfFile = 1;
    public const uint NoSuchFile = 2;
    public const uint PermissionDenied = 3;
}

/// <summary>What came is not what the protocol allows. Ends the session.</summary>
sealed class SftpViolation(string what) : Exception(what);

/// <summary>Reads fields that a stranger wrote: nothing is taken for a length before it is known to be there.</summary>
ref struct PacketFields(ReadOnlySpan<byte> bytes)
{
    ReadOnlySpan<byte> _left = bytes;

    public readonly bool IsAtEnd => _left.IsEmpty;

    public byte Byte() => Take(1)[0];

    public uint Number() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ulong LongNumber() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    public ReadOnlySpan<byte> Text()
    {
        var length = Number();
        return length <= (uint)_left.Length ? Take((int)length) : throw new SftpViolation($"a field of {length} bytes in a packet that has {_left.Length} left");
    }

    /// <summary>Section 5. Extended attributes are passed over.</summary>
    public SftpAttributes Attributes()
    {
        const uint hasLength = 1, hasOwner = 2, hasMode = 4, hasTimes = 8, hasExtended = 0x80000000;

        var flags = Number();
        if ((flags & ~(hasLength | hasOwner | hasMode | hasTimes | hasExtended)) != 0)
            throw new SftpViolation($"attributes with the unknown flags {flags:x8}");
        long? length = null;
        if ((flags & hasLength) != 0)
        {
            var said = LongNumber();
            length = said <= long.MaxValue ? (long)said : throw new SftpViolation("a file of more than 2^63 bytes");
        }
        uint? owner = null;
        if ((flags & hasOwner) != 0)
        {
            owner = Number();
            Number();
        }
        uint? mode = (flags & hasMode) != 0 ? Number() : null;
        DateTimeOffset? modified = null;
        if ((flags & hasTimes) != 0)
        {
            Number();
            modified = DateTimeOffset.FromUnixTimeSeconds(Number());
        }
        if ((flags & hasExtended) != 0)
        {
            for (var count = Number(); count > 0; count--)
            {
                Text();
                Text();
            }
        }
        return new SftpAttributes(KindOf(mode), length, modified) { Owner = owner, Mode = mode };
    }

    /// <summary>Section 7, SSH_FXP_NAME. The count is what the packet says; entries are made only of bytes that are there.</summary>
    public List<SftpEntry> Names()
    {
        // The smallest entry: two empty texts and attributes without any.
        const int smallest = 12;

        var count = Number();
        if (count > _left.Length / smallest)
            throw new SftpViolation($"{count} names in a packet of {_left.Length} bytes");
        var names = new List<SftpEntry>((int)count);
        for (var i = 0; i < count; i++)
        {
            var name = Text();
            Text();
            names.Add(new SftpEntry(SftpPath.NameOf(name), Attributes()));
        }
        return names;
    }

    /// <summary>The answer to a real path is a name with slashes in it. Null when it is not UTF-8.</summary>
    public string? Path()
    {
        if (Number() != 1)
            throw new SftpViolation("not one real path");
        var path = SftpPath.Decode(Text());
        Text();
        Attributes();
        return path;
    }

    ReadOnlySpan<byte> Take(int count)
    {
        if (_left.Length < count)
            throw new SftpViolation($"a packet that ends {count - _left.Length} bytes early");
        var taken = _left[..count];
        _left = _left[count..];
        return taken;
    }

    static SftpKind KindOf(uint? mode) => (mode & 0xF000) switch
    {
        0x8000 => SftpKind.File,
        0x4000 => SftpKind.Folder,
        0xA000 => SftpKind.Link,
        _ => SftpKind.Other,
    };
}

/// <summary>Paths and names as they cross the wire: bytes there, UTF-8 here.</summary>
static class SftpPath
{
    static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The bytes of a path that a caller gives.</summary>
    /// <exception cref="ArgumentException">Empty, longer than Linux takes (4096 bytes), with a NUL, or not a text.</exception>
    public static byte[] Encode(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes;
        try
        {
            bytes = s_strict.GetBytes(path);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("The path has half a character in it.", nameof(path), e);
        }
        return bytes.Length < 4096 && !bytes.AsSpan().Contains((byte)0) ? bytes : throw new ArgumentException("The path is longer than 4095 bytes, or has a NUL in it.", nameof(path));
    }

    public static string? Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>A name that can be put behind a folder's path and still lies in that folder, or null.</summary>
    public static string? NameOf(ReadOnlySpan<byte> bytes) =>
        !bytes.IsEmpty && Decode(bytes) is { } name && !name.Contains('/', StringComparison.Ordinal) && !name.Any(char.IsControl) ? name : null;

    /// <summary>Both resolved by the server: absolute, without links and dots.</summary>
    public static bool LiesUnder(string path, string root) =>
        path.StartsWith('/') && root.StartsWith('/') && !path.Contains("/../", StringComparison.Ordinal) && !path.EndsWith("/..", StringComparison.Ordinal)
        && (root == "/" || path == root || path.StartsWith(root + "/", StringComparison.Ordinal));
}
