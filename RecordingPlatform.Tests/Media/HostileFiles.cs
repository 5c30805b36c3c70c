using System.Buffers.Binary;
using System.Text;

namespace RecordingPlatform.Tests.Media;

/// <summary>Turns good files into ones that point at others.</summary>
static class HostileFiles
{
    /// <summary>
    /// Replaces the data reference "in this file" by one to a file on disk: an 'alis' entry with a Macintosh alias record, in
    /// which item 2 is the path, colons for slashes, behind the volume's name.
    /// </summary>
    public static byte[] WithExternalData(byte[] movie, string folder, string name)
    {
        var path = Encoding.UTF8.GetBytes("x" + (folder + "/" + name).Replace('/', ':'));
        var alias = new MemoryStream();
        void Write(params byte[] bytes) => alias.Write(bytes);
        void Write16(int value) => Write((byte)(value >> 8), (byte)value);

        Write(new byte[10]); // version, flags and the start of the record
        Write([(byte)1, (byte)'x', .. new byte[26]]); // volume name, Pascal string of 27
        Write(new byte[12]);
        Write([(byte)name.Length, .. Encoding.ASCII.GetBytes(name), .. new byte[63 - name.Length]]);
        Write(new byte[16]);
        Write16(1); // levels from the alias to the target
        Write16(1);
        Write(new byte[16]);
        Write16(2);
        Write16(path.Length);
        Write([.. path, .. new byte[path.Length & 1]]);
        Write(0xFF, 0xFF, 0, 0);
        return Splice(movie, alias.ToArray());
    }

    /// <summary>Puts an 'alis' entry for the only one of the dref box and corrects the sizes of the boxes around it.</summary>
    static byte[] Splice(byte[] movie, byte[] alias)
    {
        var url = movie.AsSpan().IndexOf("dref"u8) + 12; // behind version, flags and count
        var old = BinaryPrimitives.ReadInt32BigEndian(movie.AsSpan(url));
        byte[] entry = [0, 0, 0, 0, .. "alis"u8, 0, 0, 0, 0, .. alias];
        BinaryPrimitives.WriteInt32BigEndian(entry, entry.Length);
        foreach (var box in new[] { "moov", "trak", "mdia", "minf", "dinf", "dref" })
        {
            var at = movie.AsSpan(0, url).LastIndexOf(Encoding.ASCII.GetBytes(box)) - 4;
            BinaryPrimitives.WriteInt32BigEndian(movie.AsSpan(at), BinaryPrimitives.ReadInt32BigEndian(movie.AsSpan(at)) + entry.Length - old);
        }
        return [.. movie.AsSpan(0, url), .. entry, .. movie.AsSpan(url + old)];
    }

    /// <summary>Turns the muxer's name inside Segment Info into a NextFilename element: hard linking of segments.</summary>
    public static byte[] WithNextSegment(byte[] file, string name)
    {
        var writer = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x57, 0x41]); // WritingApp
        var length = file[writer + 2] & 0x7F;
        var value = Encoding.ASCII.GetBytes(name.PadRight(length + 1, '\0'))[..(length - 1)];
        byte[] element = [0x3E, 0x83, 0xBB, (byte)(0x80 | (length - 1)), .. value]; // a three-byte id for a two-byte one
        var result = (byte[])file.Clone();
        element.AsSpan(0, Math.Min(element.Length, length + 3)).CopyTo(result.AsSpan(writer));
        return result;
    }
}
